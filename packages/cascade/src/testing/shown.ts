/** Traces that show a mechanism, or just do not, for the tests of the rules. */

import { mechanismOf } from '../judge/classify.ts';
import { type BatchContext, contextOf } from '../judge/context.ts';
import type { Health } from '../types.ts';
import { finite, type Line, traceOf, withInf, withNaN } from './records.ts';

export interface Shown {
  /** The last line is judged. */
  readonly lines: readonly Line[];
  readonly externals?: Record<string, Health>;
  readonly context?: BatchContext;
}

/** Measured at level `full`. */
export const full = (amax: number, min: number, zero = 0, more: Partial<Health> = {}): Health => ({
  ...finite(4),
  ...{ amax, min, zero, subnormal: 0, mean: 0 },
  ...more,
});
export const ordinary = full(2, -2);
export const positive = full(2, 1);
export const withZero = full(2, 0, 1);
export const nan = withNaN();
export const plusInf = withInf(1, 0);
export const minusInf = withInf(0, 1);
/** Infinities among measured values. */
export const infinite = (posInf: number, negInf: number, zero = 0) =>
  full(2, -2, zero, { posInf, negInf, firstInf: 0 });

/** One op on externals a and b, whose infinities are a first op's. */
export function op(kernel: string, out: Health, ...inputs: Health[]): Shown {
  const before = inputs.map((health, i): Line => ({ kernel: 'Before', path: `${i}`, in: [], out: health }));
  return { lines: [...before, { kernel, in: inputs.map((_, i) => i), out }] };
}

// B 1, T 2: query 0 sees no key, query 1 sees one. Two heads.
export const masked = contextOf([[0, 1]], true);
export const scores = { shape: [1, 2, 2, 2], path: 'transformer.h.0/attn/probs' };
export const softmax = (out: Health, context?: BatchContext): Shown => ({
  lines: [
    { kernel: 'Before', in: [], out: withInf(0, 6, 8) },
    { kernel: 'Softmax', in: [0], out, ...scores },
  ],
  ...(context && { context }),
});

/** Attention as one kernel, of finite q, k and v: neither scores nor a mask arrive. */
export const fused = (out: Health, context?: BatchContext): Shown => ({
  lines: [
    { kernel: 'FusedAttention', in: ['q', 'k', 'v'], out, shape: [1, 2, 2, 2], path: 'transformer.h.0/attn' },
  ],
  externals: { q: ordinary, k: ordinary, v: ordinary },
  ...(context && { context }),
});

/** AdamW steps of parameters of four elements, each with zeros in its gradient and NaN in what it gave; the moments are 0. */
export const adamW = (...steps: readonly (readonly [zeros: number, nan: number])[]): Shown => {
  const idle = full(0, 0, 4);
  const lines = [...steps].reverse().map(([, count], i): Line => {
    const inputs = ['parameter', `gradient ${i}`, 'average', 'square', 'scale'];
    return {
      kernel: 'AdamWStep',
      path: `${i}`,
      in: inputs,
      out: withNaN(count),
      names: [...inputs].fill('gradient', 1, 2),
    };
  });
  const gradients = [...steps].reverse().map(([zeros], i) => [`gradient ${i}`, full(1, 0, zeros)] as const);
  return {
    lines,
    externals: {
      ...{ parameter: ordinary, average: idle, square: idle, scale: positive },
      ...Object.fromEntries(gradients),
    },
  };
};

/** A LayerNorm that gave NaN, and its variance. */
export const layerNorm = (variance: Health): Shown => {
  const line = { kernel: 'LayerNorm', in: ['x', 'scale', 'offset'] };
  return {
    lines: [
      { ...line, out: variance, output: 1 },
      { ...line, out: nan },
    ],
    externals: { x: ordinary, scale: positive, offset: ordinary },
  };
};

/** where(x > 0, sqrt(x), 0) forward and backward; the last op divides the gradient by 2 sqrt(x). */
export function guardedRoot(gradient: Health): Shown {
  const backward = { phase: 'backward' as const };
  return {
    lines: [
      { kernel: 'Greater', in: ['x', 'zero'], out: undefined },
      { kernel: 'Sqrt', in: ['x'], out: withZero },
      { kernel: 'Select', in: [0, 1, 'zero'], out: withZero },
      { kernel: 'Cast', in: [0], out: withZero, ...backward },
      { kernel: 'Multiply', in: ['dy', 3], out: gradient, ...backward },
      { kernel: 'RealDiv', in: [4, 1], out: nan, ...backward },
    ],
    externals: { x: withZero, zero: full(0, 0, 4), dy: positive },
  };
}

/** A SelectMasked with this fill in the backward pass, the exponentials of what it gives, and their 0 / 0. */
export function maskedGradient(fill: Health): Shown {
  const backward = { phase: 'backward' as const };
  return {
    lines: [
      { kernel: 'SelectMasked', in: ['x', 'keep', 'fill'], out: withZero },
      { kernel: 'SelectMasked', in: ['dy', 'keep', 'fill'], out: withZero, ...backward },
      { kernel: 'Exp', in: [1], out: withZero, ...backward },
      { kernel: 'RealDiv', in: [2, 0], out: nan, ...backward },
    ],
    externals: { x: withZero, dy: positive, keep: withZero, fill },
  };
}

export const withLast = (shown: Shown, line: Line): Shown => ({
  ...shown,
  lines: [...shown.lines.slice(0, -1), line],
});

/** A line without health is a bool. */
const asBool = (shown: Shown) => {
  const trace = traceOf(shown.lines, shown.externals);
  return { ...trace, records: trace.records.map((r) => (r.health ? r : { ...r, dtype: 'bool' })) };
};

export const judge = (shown: Shown) => mechanismOf(asBool(shown), shown.lines.length - 1, shown.context);
