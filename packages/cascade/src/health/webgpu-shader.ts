/**
 * The WGSL that counts non-finites by bits. The tensor is bound as u32, so that no float register ever holds
 * an element and the Finite Math Assumption of WGSL has nothing to assume away. Counts land in one shared
 * buffer of zeros, at an offset of their own; "first" indices are kept as `size - index`, so that 0 means none
 * and an atomic maximum finds the smallest index.
 */

export const WORKGROUP_SIZE = 256;
/** At level `full` each workgroup leaves a partial sum behind: a fixed number of them. */
export const FULL_WORKGROUPS = 64;

/** Words of a result, in order. The words after `firstInf` exist at level `full` only. */
export const WORD = {
  nan: 0,
  posInf: 1,
  negInf: 2,
  firstNaN: 3,
  firstInf: 4,
  zero: 5,
  subnormal: 6,
  /** Bits of the largest finite magnitude. */
  amax: 7,
  /** Complement of the smallest finite value's bits in an order that integers share; 0 means none. */
  min: 8,
  partialSums: 9,
} as const;

export const HEALTH_WORDS = WORD.zero;
export const FULL_WORDS = WORD.partialSums + FULL_WORKGROUPS;

const fullDeclarations = /* wgsl */ `
var<workgroup> sums : array<f32, ${WORKGROUP_SIZE}>;
`;

const fullElement = /* wgsl */ `
    else {
      if (magnitude == 0u) { zero += 1u; } else if (magnitude < 0x00800000u) { subnormal += 1u; }
      amax = max(amax, magnitude);
      let ordered = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
      lowest = max(lowest, ~ordered);
      sum += bitcast<f32>(bits);
    }
`;

const fullResult = /* wgsl */ `
  if (zero > 0u) { atomicAdd(&result[base + ${WORD.zero}u], zero); }
  if (subnormal > 0u) { atomicAdd(&result[base + ${WORD.subnormal}u], subnormal); }
  atomicMax(&result[base + ${WORD.amax}u], amax);
  atomicMax(&result[base + ${WORD.min}u], lowest);
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var i = 0u; i < ${WORKGROUP_SIZE}u; i++) { total += sums[i]; }
    atomicStore(&result[base + ${WORD.partialSums}u + group], bitcast<u32>(total));
  }
`;

/** @param full whether magnitudes are counted beside non-finites */
export function healthShader(full: boolean): string {
  return /* wgsl */ `
struct Parameters {
  size : u32,
  // Where this tensor's words start.
  base : u32,
  // Elements in a row, and where the rows' words start. 0 for no rows.
  rowLength : u32,
  rowBase : u32,
}
@group(0) @binding(0) var<storage, read> elements : array<u32>;
@group(0) @binding(1) var<storage, read_write> result : array<atomic<u32>>;
@group(0) @binding(2) var<uniform> parameters : Parameters;
${full ? fullDeclarations : ''}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(
  @builtin(global_invocation_id) invocation : vec3<u32>,
  @builtin(num_workgroups) workgroups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32,
  @builtin(workgroup_id) workgroup : vec3<u32>,
) {
  let size = parameters.size;
  let base = parameters.base;
  let rowLength = parameters.rowLength;
  let group = workgroup.x;
  var nan = 0u;
  var posInf = 0u;
  var negInf = 0u;
  var firstNaN = 0u;
  var firstInf = 0u;
  ${full ? 'var zero = 0u; var subnormal = 0u; var amax = 0u; var lowest = 0u; var sum = 0.0;' : ''}
  for (var i = invocation.x; i < size; i += workgroups.x * ${WORKGROUP_SIZE}u) {
    let bits = elements[i];
    let magnitude = bits & 0x7fffffffu;
    if (magnitude >= 0x7f800000u) {
      var kind = 2u;
      if (magnitude > 0x7f800000u) {
        kind = 1u;
        nan += 1u;
        firstNaN = max(firstNaN, size - i);
      } else {
        if ((bits >> 31u) == 1u) { negInf += 1u; } else { posInf += 1u; }
        firstInf = max(firstInf, size - i);
      }
      if (rowLength > 0u) { atomicOr(&result[parameters.rowBase + i / rowLength], kind); }
    }${full ? fullElement : ''}
  }
  if (nan > 0u) {
    atomicAdd(&result[base + ${WORD.nan}u], nan);
    atomicMax(&result[base + ${WORD.firstNaN}u], firstNaN);
  }
  if (posInf > 0u) { atomicAdd(&result[base + ${WORD.posInf}u], posInf); }
  if (negInf > 0u) { atomicAdd(&result[base + ${WORD.negInf}u], negInf); }
  if (firstInf > 0u) { atomicMax(&result[base + ${WORD.firstInf}u], firstInf); }
${full ? fullResult : ''}
}
`;
}
