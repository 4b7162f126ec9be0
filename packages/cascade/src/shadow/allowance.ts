/**
 * How far two correct kernels may be apart when their inputs are equal. No table of kernels: the op itself is asked, by
 * moving each of its float inputs by one rounding (one ulp) and looking how far its output moves. What moves much for so
 * little (a sum that cancels, a large exponent) cannot be exact on any device; what does not move has to agree.
 */
import { type CapturedTensor, isFloat } from '../capture/attrs.ts';
import type { Values } from './deviation.ts';

/** One rounding, and what a device that flushes subnormals makes 0. WGSL permits that; native TensorFlow does it as well. */
const types = {
  float32: { rounding: 2 ** -23, flushed: 2 ** -126 },
  float64: { rounding: 2 ** -52, flushed: 2 ** -1022 },
};
const LARGEST = 0x7f7fffff;
const SMALLEST_NORMAL = 0x00800000;

/** How the inputs are moved: all away from zero together, then each up or down at random, the same way every time. */
export const MOVES = 3;

/** A hash of the index: the same signs on every machine. */
function isUp(index: number, move: number): boolean {
  let h = Math.imul(index + 0x9e3779b9 * move, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) & 1) === 0;
}

/**
 * A copy with every finite float that is not zero moved to its neighbour, in the first move subnormals to zero; other dtypes are passed on as they are.
 *
 * @param move 0 to `MOVES` - 1
 */
export function movedByOneRounding<T extends CapturedTensor>(tensor: T, move: number): T {
  if (tensor.dtype === 'float64') return { ...tensor, values: moved64(tensor.values, move) };
  if (tensor.dtype !== 'float32') return tensor;
  const values = Float32Array.from(tensor.values);
  const words = new Uint32Array(values.buffer);
  const { steps = 1 } = tensor;
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i]! & 0x7fffffff;
    if (magnitude === 0 || magnitude > LARGEST) continue;
    if (magnitude < SMALLEST_NORMAL && move === 0) {
      words[i] = words[i]! & 0x80000000; // As a device that flushes subnormals reads it.
      continue;
    }
    const up = move === 0 || isUp(i, move);
    if (up ? magnitude <= LARGEST - steps : magnitude > steps) words[i] = words[i]! + (up ? steps : -steps);
  }
  return { ...tensor, values };
}

function moved64(given: Values, move: number): Float64Array {
  const values = Float64Array.from(given);
  const words = new BigInt64Array(values.buffer);
  for (let i = 0; i < words.length; i++) {
    const size = Math.abs(values[i]!);
    if (size === 0 || !Number.isFinite(size)) continue;
    if (size < types.float64.flushed && move === 0) {
      values[i] = values[i]! < 0 ? -0 : 0;
      continue;
    }
    const up = move === 0 || isUp(i, move);
    // The bits of a sign and a magnitude: one more is one further from zero. The largest has no neighbour there.
    if (!up || size !== Number.MAX_VALUE) words[i] = words[i]! + (up ? 1n : -1n);
  }
  return values;
}

/** Root of the mean square of the finite elements. */
function rootMeanSquare(values: Values): number {
  let sum = 0;
  let finite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value * value;
    finite++;
  }
  return finite === 0 ? 0 : Math.sqrt(sum / finite);
}

/**
 * How many roundings a kernel may make on the way: errors of a sum grow with the root of its length, and an op sums at
 * most once along an axis of each of its inputs.
 */
export function roundingsOf(inputs: readonly Pick<CapturedTensor, 'shape'>[]): number {
  const summed = inputs.reduce((sum, { shape }) => sum + Math.max(1, ...shape), 0);
  return 4 + 2 * Math.sqrt(Math.max(1, summed));
}

/**
 * @param reference an output
 * @param moved the same output for inputs moved by one rounding
 * @returns the error allowed for each element: a multiple of what one rounding of the inputs does, or one rounding of the
 * output (and of its typical magnitude, which a small element is a difference of) where that is more, and never less than
 * what a flush of subnormals takes away. Infinity where the class itself hangs on a rounding. 0 for whole numbers.
 */
export function roundingAllowance(
  reference: CapturedTensor,
  moved: readonly CapturedTensor[],
  roundings: number,
): (index: number) => number {
  if (!isFloat(reference)) return () => 0;
  const typical = rootMeanSquare(reference.values);
  const { flushed, rounding: single } = types[reference.dtype];
  const rounding = single * (reference.steps ?? 1);
  return (index) => {
    const value = reference.values[index]!;
    let response = Number.isFinite(value) ? Math.max(flushed, rounding * (Math.abs(value) + typical)) : 0;
    for (const { values } of moved) {
      const away = Math.abs(values[index]! - value);
      if (!Number.isNaN(away)) response = Math.max(response, away);
      else if (Number.isNaN(value) !== Number.isNaN(values[index]!)) return Number.POSITIVE_INFINITY;
    }
    return roundings * response;
  };
}

/** The tolerance of a run, for the elements of a tensor: relative to the element, or to what is typical for the tensor. */
export function toleranceAllowance(
  reference: Values,
  { rtol, atol }: { readonly rtol: number; readonly atol: number },
): (index: number) => number {
  const typical = rootMeanSquare(reference);
  return (index) => {
    const magnitude = Math.abs(reference[index]!);
    return atol + rtol * Math.max(Number.isFinite(magnitude) ? magnitude : 0, typical);
  };
}
