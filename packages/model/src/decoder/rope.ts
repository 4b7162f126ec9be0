/**
 * Rotary positions as tables of cosines and sines, made in JavaScript memory. The formulas are those of transformers'
 * modeling_rope_utils.py, and so is each rounding to float32: an angle far from 0 shows them, whatever the model's dtype.
 * Turning queries and keys is kernels/rotary.ts.
 */
import type { RopeScaling, RopeSpec } from './spec.ts';

type Scaling<Type extends RopeScaling['type']> = Extract<RopeScaling, { type: Type }>;

const f32 = Math.fround;

/** A number divided by one of PyTorch's: its reciprocal is rounded first. */
const over = (a: number, b: number): number => f32(f32(1 / b) * f32(a));

/** base^(2i / dims) for each pair i. */
const powers = (base: number, dims: number): number[] =>
  Array.from({ length: Math.ceil(dims / 2) }, (_, i) => f32(f32(base) ** f32((2 * i) / dims)));

const plainFrequencies = (base: number, dims: number): number[] =>
  powers(base, dims).map((power) => f32(1 / power));

function proportional({ theta, dims }: RopeSpec, { factor, fraction }: Scaling<'proportional'>): number[] {
  const turning = Math.trunc(Math.floor((fraction * dims) / 2));
  return plainFrequencies(theta, dims).map((frequency, i) => (i < turning ? f32(frequency / factor) : 0));
}

function dynamic({ theta, dims }: RopeSpec, scaling: Scaling<'dynamic'>, length: number): number[] {
  const { factor, positions } = scaling;
  if (length <= positions) return plainFrequencies(theta, dims);
  const growth = f32(f32(f32(factor * length) / positions) - (factor - 1));
  return plainFrequencies(f32(theta * f32(growth ** (dims / (dims - 2)))), dims);
}

function llama3({ theta, dims }: RopeSpec, scaling: Scaling<'llama3'>): number[] {
  const { factor, lowFrequency, highFrequency, positions } = scaling;
  return plainFrequencies(theta, dims).map((frequency) => {
    const wavelength = over(2 * Math.PI, frequency);
    if (wavelength > f32(positions / lowFrequency)) return f32(frequency / factor);
    if (wavelength < f32(positions / highFrequency)) return frequency;
    const above = f32(over(positions, wavelength) - lowFrequency);
    const smooth = f32(above / (highFrequency - lowFrequency));
    return f32(f32(f32(f32(1 - smooth) * frequency) / factor) + f32(smooth * frequency));
  });
}

function yarn({ theta, dims }: RopeSpec, scaling: Scaling<'yarn'>): number[] {
  const { factor, fast, slow, truncate, positions } = scaling;
  /** The dim whose frequency makes so many rotations over the trained length. */
  const dimOf = (rotations: number) =>
    (dims * Math.log(positions / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const low = Math.max(truncate ? Math.floor(dimOf(fast)) : dimOf(fast), 0);
  const end = Math.min(truncate ? Math.ceil(dimOf(slow)) : dimOf(slow), dims - 1);
  const high = low === end ? end + 0.001 : end;
  return powers(theta, dims).map((power, i) => {
    // transformers makes a ramp of half as many dims, rounded down: of three, one step for both pairs.
    const step = dims === 3 ? 0 : i;
    const ramp = Math.min(Math.max(f32(f32(step - low) / f32(high - low)), 0), 1);
    const kept = f32(1 - ramp);
    return f32(f32(f32(1 / f32(factor * power)) * f32(1 - kept)) + f32(f32(1 / power) * kept));
  });
}

/** @param length of the longest sequence in the batch, counted by position: the largest position + 1 */
function ropeFrequencies(rope: RopeSpec, length: number): number[] {
  const { theta, dims, scaling } = rope;
  switch (scaling.type) {
    case 'default':
      return plainFrequencies(theta, dims);
    case 'linear':
      return plainFrequencies(theta, dims).map((frequency) => f32(frequency / scaling.factor));
    case 'proportional':
      return proportional(rope, scaling);
    case 'dynamic':
      return dynamic(rope, scaling, length);
    case 'llama3':
      return llama3(rope, scaling);
    case 'yarn':
      return yarn(rope, scaling);
    case 'longrope': {
      const divisors = length > scaling.positions ? scaling.long : scaling.short;
      return powers(theta, dims).map((power, i) => f32(1 / f32(f32(divisors[i]!) * power)));
    }
    default:
      return scaling satisfies never;
  }
}

/** Whether the frequencies follow the length of the batch. */
const followsLength = ({ scaling }: RopeSpec): boolean =>
  scaling.type === 'dynamic' || scaling.type === 'longrope';

export interface RopeTable {
  /** Pairs of numbers that turn; the width of both tables. */
  readonly pairs: number;
  /** Row-major [length, pairs]. */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** The tables for positions 0 to length - 1. */
function ropeTable(rope: RopeSpec, rows: number, length: number): RopeTable {
  const frequencies = ropeFrequencies(rope, length);
  const magnitude = f32('magnitude' in rope.scaling ? rope.scaling.magnitude : 1);
  const pairs = frequencies.length;
  const cos = new Float32Array(rows * pairs);
  const sin = new Float32Array(rows * pairs);
  for (let position = 0; position < rows; position++) {
    for (let i = 0; i < pairs; i++) {
      const angle = f32(position * frequencies[i]!);
      cos[position * pairs + i] = f32(Math.cos(angle)) * magnitude;
      sin[position * pairs + i] = f32(Math.sin(angle)) * magnitude;
    }
  }
  return { pairs, cos, sin };
}

/** Tables of one rotary setting, made once as far as they have been needed. */
export class RopeTables {
  readonly #rope: RopeSpec;
  #made: RopeTable | undefined;

  constructor(rope: RopeSpec) {
    this.#rope = rope;
  }

  /** @param length the largest position of the batch + 1, and the rows of the tables */
  upTo(length: number): RopeTable {
    if (followsLength(this.#rope)) return ropeTable(this.#rope, length, length);
    const size = this.#made ? this.#made.cos.length / this.#made.pairs : 0;
    if (this.#made === undefined || size < length) {
      // Ahead of what is asked for: generation asks for one row more each time.
      const rows = 2 ** Math.ceil(Math.log2(Math.max(length, 64)));
      this.#made = ropeTable(this.#rope, rows, length);
    }
    const { pairs, cos, sin } = this.#made;
    return { pairs, cos: cos.subarray(0, length * pairs), sin: sin.subarray(0, length * pairs) };
  }
}
