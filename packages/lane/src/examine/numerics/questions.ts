/**
 * What a device is asked about NaN, infinities and subnormal numbers: operands by bits, the expression for tensors and
 * in WGSL, what IEEE 754 asks for, and what WGSL permits beside that. A question of one line each; judged in judge.ts.
 *
 * WGSL: https://www.w3.org/TR/WGSL/#floating-point-evaluation
 */
import type { NumericQuestion } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { bits, bitsOf } from './bits.ts';

export interface Question extends Omit<NumericQuestion, 'expected'> {
  /** Bits of `a` and `b`. */
  readonly operands: readonly [number, number];
  /** Bits of the answer. */
  readonly answer: number;
  /** Sign and payload of a NaN count as well. */
  readonly exactly?: true;
  /** The kernels that nanscope runs: `a` and `b` are vectors of equal elements. Absent where they have no such op. */
  readonly kernels?: (a: tf.Tensor1D, b: tf.Tensor1D) => tf.Tensor;
  /** The expression of a shader, of type f32 over `a` and `b` of that type. */
  readonly wgsl?: string;
  /** The same of type f16, over `h` and `k`, which are `a` and `b` as f16; told by the 16 bits it is stored as. */
  readonly half?: string;
}

const FINITE = 'WGSL may assume that NaN and infinities do not occur; the value is then any';
const EITHER = 'WGSL: max and min of a NaN and a number are the number';
const FLUSHED = 'WGSL may flush subnormal operands and results to zero';
const FUSED = 'WGSL may compute a whole expression at once where that is more accurate';
const ROUNDED = 'WGSL may round a conversion either way, and an overflow is any value';

const { NaN: nan, infinity, negativeInfinity, zero, one, two } = bits;

const half16 = (
  id: string,
  computed: string,
  [a, b]: readonly [number, number],
  answer: number,
  expression: Pick<Question, 'half' | 'wgsl' | 'permitted'>,
): Question => ({
  ...{ id, topic: 'f16', computed, operands: [bitsOf(a), bitsOf(b)], answer: bitsOf(answer) },
  ...expression,
});

const halfQuestions: readonly Question[] = [
  half16('f16-largest', 'f16(65504)', [65504, 0], 65504, { half: 'h' }),
  half16('f16-tie', 'f16(1 + 2^-11)', [1 + 2 ** -11, 0], 1, { half: 'h', permitted: ROUNDED }),
  half16('f16-overflow', 'f16(1e6)', [1e6, 0], Number.POSITIVE_INFINITY, { half: 'h', permitted: ROUNDED }),
  half16('f16-product', 'f16: 256 * 256', [256, 256], Number.POSITIVE_INFINITY, {
    half: 'h * k',
    permitted: FINITE,
  }),
  half16('f16-subnormal', 'f16(2^-24)', [2 ** -24, 0], 2 ** -24, { half: 'h', permitted: FLUSHED }),
  half16('f16-nan', 'f16(NaN)', [Number.NaN, 0], Number.NaN, { half: 'h', permitted: FINITE }),
  // A compiler that takes the way there and back for nothing leaves out the rounding.
  half16('f16-there-and-back', 'f32(f16(1 + 2^-11))', [1 + 2 ** -11, 0], 1, {
    wgsl: 'f32(f16(a))',
    permitted: FUSED,
  }),
];

export const questions: readonly Question[] = [
  {
    id: 'nan-add',
    topic: 'NaN kept',
    computed: 'NaN + 1',
    operands: [nan, one],
    answer: nan,
    kernels: (a, b) => tf.add(a, b),
    wgsl: 'a + b',
    permitted: FINITE,
  },
  {
    id: 'nan-times-zero',
    topic: 'NaN kept',
    computed: 'NaN * 0',
    operands: [nan, zero],
    answer: nan,
    kernels: (a, b) => tf.mul(a, b),
    wgsl: 'a * b',
    permitted: FINITE,
  },
  {
    id: 'nan-max',
    topic: 'NaN kept',
    computed: 'max(NaN, 0)',
    operands: [nan, zero],
    answer: nan,
    kernels: (a, b) => tf.maximum(a, b),
    wgsl: 'max(a, b)',
    permitted: EITHER,
  },
  {
    id: 'nan-min',
    topic: 'NaN kept',
    computed: 'min(0, NaN)',
    operands: [zero, nan],
    answer: nan,
    kernels: (a, b) => tf.minimum(a, b),
    wgsl: 'min(a, b)',
    permitted: EITHER,
  },
  {
    id: 'nan-relu',
    topic: 'NaN kept',
    computed: 'relu(NaN)',
    operands: [nan, zero],
    answer: nan,
    kernels: (a) => tf.relu(a),
    wgsl: 'max(a, 0.0)',
    permitted: EITHER,
  },
  {
    id: 'nan-clip',
    topic: 'NaN kept',
    computed: 'clip(NaN, -1, 1)',
    operands: [nan, zero],
    answer: nan,
    kernels: (a) => tf.clipByValue(a, -1, 1),
    wgsl: 'clamp(a, -1.0, 1.0)',
    permitted: EITHER,
  },
  {
    id: 'nan-exp',
    topic: 'NaN kept',
    computed: 'exp(NaN)',
    operands: [nan, zero],
    answer: nan,
    kernels: (a) => tf.exp(a),
    wgsl: 'exp(a)',
    permitted: FINITE,
  },
  {
    id: 'nan-unequal',
    topic: 'NaN kept',
    computed: 'NaN != NaN',
    operands: [nan, zero],
    answer: one,
    kernels: (a) => tf.cast(tf.notEqual(a, a), 'float32'),
    wgsl: 'select(0.0, 1.0, a != a)',
    permitted: FINITE,
  },
  {
    id: 'select-keeps',
    topic: 'select',
    computed: 'select(true, NaN, 0)',
    operands: [nan, zero],
    answer: nan,
    kernels: (a, b) => tf.where(tf.equal(b, 0), a, b),
    wgsl: 'select(b, a, b == 0.0)',
    permitted: FINITE,
  },
  {
    id: 'select-safe',
    topic: 'select',
    computed: 'select(false, NaN, 0)',
    operands: [nan, zero],
    answer: zero,
    kernels: (a, b) => tf.where(tf.notEqual(b, 0), a, b),
    wgsl: 'select(b, a, b != 0.0)',
  },
  {
    id: 'exp-overflow',
    topic: 'infinities',
    computed: 'exp(100)',
    operands: [bits.hundred, zero],
    answer: infinity,
    kernels: (a) => tf.exp(a),
    wgsl: 'exp(a)',
    permitted: FINITE,
  },
  {
    id: 'exp-minus-infinity',
    topic: 'infinities',
    computed: 'exp(-Infinity)',
    operands: [negativeInfinity, zero],
    answer: zero,
    kernels: (a) => tf.exp(a),
    wgsl: 'exp(a)',
    permitted: FINITE,
  },
  {
    id: 'product-overflow',
    topic: 'infinities',
    computed: '3.4e38 * 2',
    operands: [bits.largest, two],
    answer: infinity,
    kernels: (a, b) => tf.mul(a, b),
    wgsl: 'a * b',
    permitted: FINITE,
  },
  {
    id: 'infinity-minus-infinity',
    topic: 'infinities',
    computed: 'Infinity - Infinity',
    operands: [infinity, infinity],
    answer: nan,
    kernels: (a, b) => tf.sub(a, b),
    wgsl: 'a - b',
    permitted: FINITE,
  },
  {
    id: 'zero-times-infinity',
    topic: 'infinities',
    computed: '0 * Infinity',
    operands: [zero, infinity],
    answer: nan,
    kernels: (a, b) => tf.mul(a, b),
    wgsl: 'a * b',
    permitted: FINITE,
  },
  {
    id: 'one-over-zero',
    topic: 'infinities',
    computed: '1 / 0',
    operands: [one, zero],
    answer: infinity,
    kernels: (a, b) => tf.div(a, b),
    wgsl: 'a / b',
    permitted: FINITE,
  },
  {
    id: 'zero-over-zero',
    topic: 'infinities',
    computed: '0 / 0',
    operands: [zero, zero],
    answer: nan,
    kernels: (a, b) => tf.div(a, b),
    wgsl: 'a / b',
    permitted: FINITE,
  },
  {
    id: 'log-zero',
    topic: 'infinities',
    computed: 'log(0)',
    operands: [zero, zero],
    answer: negativeInfinity,
    kernels: (a) => tf.log(a),
    wgsl: 'log(a)',
    permitted: FINITE,
  },
  {
    id: 'subnormal-in',
    topic: 'subnormals',
    computed: '2^-127 * 2',
    operands: [bits.subnormal, two],
    answer: bits.smallestNormal,
    kernels: (a, b) => tf.mul(a, b),
    wgsl: 'a * b',
    permitted: FLUSHED,
  },
  {
    id: 'subnormal-out',
    topic: 'subnormals',
    computed: '2^-126 * 0.5',
    operands: [bits.smallestNormal, bits.half],
    answer: bits.subnormal,
    kernels: (a, b) => tf.mul(a, b),
    wgsl: 'a * b',
    permitted: FLUSHED,
  },
  {
    id: 'copy-subnormal',
    topic: 'copies',
    computed: 'copy of 2^-127',
    operands: [bits.subnormal, zero],
    answer: bits.subnormal,
    exactly: true,
    kernels: (a, b) => tf.concat([a, b]).slice(0, a.size),
    wgsl: 'a',
    permitted: FLUSHED,
  },
  {
    id: 'copy-nan',
    topic: 'copies',
    computed: 'copy of NaN 0xffc12345',
    operands: [bits.markedNaN, zero],
    answer: bits.markedNaN,
    exactly: true,
    kernels: (a, b) => tf.concat([a, b]).slice(0, a.size),
    wgsl: 'a',
    permitted: FINITE,
  },
  ...halfQuestions,
];
