/** Kernels in WGSL that take the place of those of TensorFlow.js: powers, softmax, the largest of a row. */
import * as tf from '@tensorflow/tfjs';
import type { WebgpuCall } from '../corrections/correction.ts';
import { rowDispatch, rowIndex } from '../kernels.ts';

/** `fn isNaNBits(x)`, which holds where a driver assumes that NaN does not occur: only integers are compared. */
export const isNaNBits = `
fn isNaNBits(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
`;

// IEEE 754's pow in WGSL, whose own is undefined for a negative base and free to do anything with infinities.

/** `fn powIeee(a, b)`; needs `isNaNBits`. Special cases by bits, everything else by WGSL's pow of |a|. */
export const powIeee = `
fn powIeee(a : f32, b : f32) -> f32 {
  let aBits = bitcast<u32>(a);
  let bBits = bitcast<u32>(b);
  let aSize = aBits & 0x7fffffffu;
  let bSize = bBits & 0x7fffffffu;
  if (bSize == 0u || aBits == 0x3f800000u) { return 1.0; }
  if (isNaNBits(a)) { return a; }
  if (isNaNBits(b)) { return b; }
  let aNegative = (aBits >> 31u) == 1u;
  let bNegative = (bBits >> 31u) == 1u;
  if (bSize == 0x7f800000u) {
    if (aSize == 0x3f800000u) { return 1.0; }
    return select(0.0, uniforms.INFINITY, (aSize > 0x3f800000u) != bNegative);
  }
  // Every f32 at or above 2^24 is an even integer.
  let whole = bSize >= 0x4b800000u || floor(b) == b;
  let odd = bSize < 0x4b800000u && whole && (i32(abs(b)) & 1) == 1;
  var size = 0.0;
  if (aSize == 0u) {
    size = select(0.0, uniforms.INFINITY, bNegative);
  } else if (aSize == 0x7f800000u) {
    size = select(uniforms.INFINITY, 0.0, bNegative);
  } else {
    if (aNegative && !whole) { return uniforms.NAN; }
    size = pow(abs(a), b);
  }
  return select(size, -size, aNegative && odd);
}
`;

// Softmax with one workgroup per row. The backend's own starts its maximum at -3.402823e38, which is above
// float32's finfo.min: a row of finfo.min, a finite and common mask fill, came out as 0/0.

const threads = 64;

/** Combines what the threads hold in `partial`, in a fixed order, into `partial[0]`. */
const reduce = (combine: string) => `
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    workgroupBarrier();
    if (thread < half) { ${combine} }
  }
  workgroupBarrier();`;

const program = /* wgsl */ `
${isNaNBits}
// A driver's exp may make Infinity of a NaN, and the softmax 0 of all others in its row.
fn expKept(x : f32) -> f32 { return select(exp(x), x, isNaNBits(x)); }
var<workgroup> partial : array<f32, ${threads}>;
fn main(index : i32) {
  let row = ${rowIndex};
  let start = row * uniforms.width;
  let thread = i32(localId.x);
  var largest = x[start + min(thread, uniforms.width - 1)];
  for (var i = thread; i < uniforms.width; i += ${threads}) { largest = max(largest, x[start + i]); }
  partial[thread] = largest;
  ${reduce(`partial[thread] = max(partial[thread], partial[thread + half]);`)}
  let maximum = partial[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var i = thread; i < uniforms.width; i += ${threads}) { sum += expKept(x[start + i] - maximum); }
  partial[thread] = sum;
  ${reduce(`partial[thread] = partial[thread] + partial[thread + half];`)}
  let total = partial[0];
  for (var i = thread; i < uniforms.width; i += ${threads}) {
    result[start + i] = expKept(x[start + i] - maximum) / total;
  }
}`;

/** A NaN in the row, or a row of -Infinity, makes the whole row NaN, whatever `max` does with it. */
export function softmax({ inputs, backend, original }: WebgpuCall) {
  const x = inputs.logits!;
  const width = x.shape.at(-1)!;
  if (x.dtype !== 'float32' || width === 0) return original();
  const rows = tf.util.sizeFromShape(x.shape) / width;
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      outputShape: x.shape,
      workgroupSize: [threads, 1, 1],
      ...rowDispatch(rows, x.shape.length),
      shaderKey: 'nanscopeSoftmax',
      uniforms: 'rows : i32, width : i32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    [rows, width].map((value) => ({ type: 'int32', data: [value] })),
  );
}

// The indices of the k largest of each row by selection: k passes, one invocation per row. The backend's own
// bitonic network compares floats, and a NaN makes it return an index past the end of the row.

/** `fn orderKey(x)`: unsigned integers in the order of the floats, every NaN above +Infinity. Needs `isNaNBits`. */
export const orderKey = `
fn orderKey(x : f32) -> u32 {
  let bits = bitcast<u32>(x);
  if (isNaNBits(x)) { return 0xffffffffu; }
  // +0 and -0 are equal.
  if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
`;

/** One invocation per output element (row, rank): walks down the row's order to its rank. */
export const selectIndex = `
  let row = index / uniforms.k;
  let rank = index % uniforms.k;
  var lastKey = 0xffffffffu;
  var lastIndex = -1;
  for (var step = 0; step <= rank; step = step + 1) {
    var bestKey = 0u;
    var bestIndex = -1;
    for (var j = 0; j < uniforms.width; j = j + 1) {
      let key = orderKey(X[row * uniforms.width + j]);
      let after = key < lastKey || (key == lastKey && j > lastIndex);
      if (after && (bestIndex < 0 || key > bestKey)) {
        bestKey = key;
        bestIndex = j;
      }
    }
    lastKey = bestKey;
    lastIndex = bestIndex;
  }
  result[index] = lastIndex;
`;
