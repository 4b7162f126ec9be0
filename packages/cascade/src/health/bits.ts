/**
 * Counting NaN and infinities of float32 values by their bits, on the host. A float comparison is never made
 * on an element that is not known to be finite, so no compiler can reason a NaN away. The device kernels do
 * the same in WGSL (webgpu-shader.ts); this file is what they are tested against.
 */
import type { Health } from '../types.ts';

const EXPONENT = 0x7f800000;
const MAGNITUDE = 0x7fffffff;
const SMALLEST_NORMAL = 0x00800000;
/** Elements looked at together. Small enough that a NaN costs one exact pass over few elements. */
const BLOCK = 1024;

/** What `countBits` found: health, and the class of each row when a row length was given. */
export interface Count {
  readonly health: Health;
  readonly rows?: string;
}

/**
 * Whether `bits[from..to)` holds a value that is not finite. Adding one to an exponent of all ones carries into
 * the sign bit, which was cleared before: nothing else can set it.
 */
function anyNonFinite(bits: Int32Array, from: number, to: number): boolean {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (const stop = to - 3; i < stop; i += 4) {
    a |= (bits[i]! & MAGNITUDE) + SMALLEST_NORMAL;
    b |= (bits[i + 1]! & MAGNITUDE) + SMALLEST_NORMAL;
    c |= (bits[i + 2]! & MAGNITUDE) + SMALLEST_NORMAL;
    d |= (bits[i + 3]! & MAGNITUDE) + SMALLEST_NORMAL;
  }
  for (; i < to; i++) a |= (bits[i]! & MAGNITUDE) + SMALLEST_NORMAL;
  return (a | b | c | d) < 0;
}

/** Magnitudes over the finite elements. */
function magnitudes(values: Float32Array, bits: Int32Array): Partial<Health> {
  let zero = 0;
  let subnormal = 0;
  let finite = 0;
  let amaxBits = 0;
  let min = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & MAGNITUDE;
    if (magnitude >= EXPONENT) continue;
    finite++;
    if (magnitude === 0) zero++;
    else if (magnitude < SMALLEST_NORMAL) subnormal++;
    if (magnitude > amaxBits) amaxBits = magnitude;
    const value = values[i]!;
    if (value < min) min = value;
    sum += value;
  }
  if (finite === 0) return { zero, subnormal };
  const amax = new Float32Array(Int32Array.of(amaxBits).buffer)[0]!;
  return { zero, subnormal, amax, min, mean: sum / finite };
}

/**
 * Counts `values` exactly, at about 1 ns an element when all are finite.
 *
 * @param values any memory that holds float32; it is read, never copied
 * @param options.rowLength classify each run of this many elements as a row
 * @param options.full add zero, subnormal, amax, min and mean
 */
export function countBits(
  values: Float32Array,
  options: { readonly rowLength?: number | undefined; readonly full?: boolean } = {},
): Count {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const { rowLength = 0 } = options;
  const rows: string[] | undefined = rowLength > 0 ? new Array(bits.length / rowLength).fill('.') : undefined;
  let nan = 0;
  let posInf = 0;
  let negInf = 0;
  let firstNaN = -1;
  let firstInf = -1;
  for (let from = 0; from < bits.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, bits.length);
    if (!anyNonFinite(bits, from, to)) continue;
    for (let i = from; i < to; i++) {
      const magnitude = bits[i]! & MAGNITUDE;
      if (magnitude < EXPONENT) continue;
      if (magnitude > EXPONENT) {
        nan++;
        if (firstNaN < 0) firstNaN = i;
      } else {
        if (bits[i]! < 0) negInf++;
        else posInf++;
        if (firstInf < 0) firstInf = i;
      }
      if (rows) {
        const row = Math.floor(i / rowLength);
        if (magnitude > EXPONENT) rows[row] = 'N';
        else if (rows[row] === '.') rows[row] = 'I';
      }
    }
  }
  const health: Health = {
    size: bits.length,
    nan,
    posInf,
    negInf,
    ...(firstNaN >= 0 && { firstNaN }),
    ...(firstInf >= 0 && { firstInf }),
    ...(options.full && magnitudes(values, bits)),
  };
  return rows ? { health, rows: rows.join('') } : { health };
}

/** Whether any of `values` is a NaN or an infinity. */
export function hasNonFinite(values: Float32Array): boolean {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return anyNonFinite(bits, 0, bits.length);
}
