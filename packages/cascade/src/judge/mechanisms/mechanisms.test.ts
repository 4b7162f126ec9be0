/** Every rule of the table: a trace that shows its evidence, and one that just does not. */
import { describe, expect, it } from 'vitest';
import { finite, type Line, traceOf, withInf, withNaN } from '../../testing/records.ts';
import type { Health } from '../../types.ts';
import { mechanismOf } from '../classify.ts';
import { type BatchContext, contextOf } from '../context.ts';
import { mechanismRules } from './index.ts';
import type { MechanismName } from './rule.ts';

interface Shown {
  /** The last line is judged. */
  readonly lines: readonly Line[];
  readonly externals?: Record<string, Health>;
  readonly context?: BatchContext;
}

/** Measured at level `full`. */
const full = (amax: number, min: number, zero = 0, more: Partial<Health> = {}): Health => ({
  ...finite(4),
  ...{ amax, min, zero, subnormal: 0, mean: 0 },
  ...more,
});
const ordinary = full(2, -2);
const positive = full(2, 1);
const withZero = full(2, 0, 1);
const nan = withNaN();
const plusInf = withInf(1, 0);
const minusInf = withInf(0, 1);
/** Infinities among measured values. */
const infinite = (posInf: number, negInf: number, zero = 0) =>
  full(2, -2, zero, { posInf, negInf, firstInf: 0 });

/** One op on externals a and b, whose infinities are a first op's. */
function op(kernel: string, out: Health, ...inputs: Health[]): Shown {
  const before = inputs.map((health, i): Line => ({ kernel: 'Before', path: `${i}`, in: [], out: health }));
  return { lines: [...before, { kernel, in: inputs.map((_, i) => i), out }] };
}

// B 1, T 2: query 0 sees no key, query 1 sees one. Two heads.
const masked = contextOf([[0, 1]], true);
const scores = { shape: [1, 2, 2, 2], path: 'transformer.h.0/attn/probs' };
const softmax = (out: Health, context?: BatchContext): Shown => ({
  lines: [
    { kernel: 'Before', in: [], out: withInf(0, 6, 8) },
    { kernel: 'Softmax', in: [0], out, ...scores },
  ],
  ...(context && { context }),
});

/** Attention as one kernel, of finite q, k and v: neither scores nor a mask arrive. */
const fused = (out: Health, context?: BatchContext): Shown => ({
  lines: [
    { kernel: 'FusedAttention', in: ['q', 'k', 'v'], out, shape: [1, 2, 2, 2], path: 'transformer.h.0/attn' },
  ],
  externals: { q: ordinary, k: ordinary, v: ordinary },
  ...(context && { context }),
});

/** AdamW steps of parameters of four elements, each with zeros in its gradient and NaN in what it gave; the moments are 0. */
const adamW = (...steps: readonly (readonly [zeros: number, nan: number])[]): Shown => {
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
const layerNorm = (variance: Health): Shown => {
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
function guardedRoot(gradient: Health): Shown {
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
function maskedGradient(fill: Health): Shown {
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

const withLast = (shown: Shown, line: Line): Shown => ({
  ...shown,
  lines: [...shown.lines.slice(0, -1), line],
});

/** A line without health is a bool. */
const asBool = (shown: Shown) => {
  const trace = traceOf(shown.lines, shown.externals);
  return { ...trace, records: trace.records.map((r) => (r.health ? r : { ...r, dtype: 'bool' })) };
};

const judge = (shown: Shown) => mechanismOf(asBool(shown), shown.lines.length - 1, shown.context);

/** Under `near` stands what the near miss is instead. */
const cases: readonly [MechanismName, Shown, near: Shown, instead: MechanismName][] = [
  [
    'external input',
    { lines: [{ kernel: 'Linear', in: ['x', 'wte'], out: nan }], externals: { x: ordinary, wte: nan } },
    { lines: [{ kernel: 'GatherV2', in: ['x'], out: plusInf }], externals: { x: minusInf } },
    'out-of-range read',
  ],
  ['external input', op('Fill', nan), op('ZerosLike', nan, ordinary), 'kernel fault'],
  ['gradient of a select', guardedRoot(withZero), guardedRoot(positive), 'kernel fault'],
  [
    'gradient of a select',
    guardedRoot(withZero),
    // The select is there, but the zeros are not its gradient's.
    withLast(guardedRoot(withZero), { kernel: 'RealDiv', in: [1, 2], out: nan, phase: 'backward' }),
    '0 / 0',
  ],
  [
    'gradient of a select',
    maskedGradient(full(0, 0, 4)),
    // The same select with the mask's fill: scores computed again in the backward pass, no gradient.
    maskedGradient(minusInf),
    '0 / 0',
  ],
  ['fully masked row', softmax(withNaN(4, 8, 0), masked), softmax(withNaN(1, 8, 0), masked), 'kernel fault'],
  ['fully masked row', softmax(withNaN(4, 8, 0)), softmax(withNaN(1, 8, 3)), 'kernel fault'],
  ['fully masked row', softmax(withNaN(2, 8, 0), masked), softmax(withNaN(2, 8, 2), masked), 'unknown'],
  // The kernel holds scores and mask inside: without the mask's facts there is no evidence, nor in a row that has a key.
  ['fully masked row', fused(withNaN(2, 8, 0), masked), fused(withNaN(2, 8, 0)), 'unknown'],
  ['fully masked row', fused(withNaN(4, 8, 0), masked), fused(withNaN(2, 8, 2), masked), 'unknown'],
  [
    'inherited through 0 * NaN',
    {
      lines: [
        { kernel: 'Exp', path: 'attn/probs', in: [], out: ordinary },
        { kernel: 'Linear', in: [], out: nan },
        { kernel: 'BatchMatMul', path: 'attn/context', in: [0, 1], out: nan },
      ],
    },
    op('BatchMatMul', nan, ordinary, nan),
    'inherited',
  ],
  ['inherited', op('Add', nan, nan, ordinary), op('Add', nan, ordinary, ordinary), 'kernel fault'],
  ['inherited', op('Neg', plusInf, minusInf), op('Exp', plusInf, infinite(0, 1)), 'kernel fault'],
  [
    'inherited',
    op('Sub', plusInf, ordinary, infinite(0, 1)),
    op('Sub', plusInf, infinite(0, 1), ordinary),
    'kernel fault',
  ],
  ['log of 0', op('Log', minusInf, withZero), op('Log', minusInf, positive), 'kernel fault'],
  ['log of 0', op('Log1p', minusInf, full(2, -1)), op('Log1p', minusInf, full(2, -0.5)), 'kernel fault'],
  ['log of a negative', op('Log', nan, ordinary), op('Log', nan, withZero), 'kernel fault'],
  ['square root of a negative', op('Sqrt', nan, ordinary), op('Sqrt', nan, withZero), 'kernel fault'],
  ['square root of a negative', op('Rsqrt', nan, infinite(0, 1)), op('Rsqrt', nan, positive), 'kernel fault'],
  [
    'power of a negative',
    op('Pow', nan, ordinary, positive),
    op('Pow', nan, positive, ordinary),
    'kernel fault',
  ],
  [
    '0 / 0',
    op('RealDiv', nan, withZero, withZero),
    op('RealDiv', nan, positive, full(2, 1, 0)),
    'kernel fault',
  ],
  [
    '0 / 0',
    op('RealDiv', nan, full(1, 0, 0, { subnormal: 1 }), withZero),
    op('RealDiv', nan, positive, withZero),
    'kernel fault',
  ],
  ['0 / 0', adamW([2, 2]), adamW([0, 1]), 'kernel fault'],
  // An epsilon of 0 is that of every parameter: one with idle elements and no NaN speaks against it.
  ['0 / 0', adamW([1, 1], [3, 3]), adamW([1, 1], [3, 0]), 'kernel fault'],
  // Without an epsilon.
  ['0 / 0', layerNorm(withZero), layerNorm(positive), 'kernel fault'],
  [
    'division by 0',
    op('RealDiv', plusInf, positive, withZero),
    op('RealDiv', plusInf, positive, positive),
    'kernel fault',
  ],
  ['division by 0', op('Rsqrt', plusInf, withZero), op('Rsqrt', plusInf, positive), 'kernel fault'],
  [
    'division by 0',
    op('Pow', plusInf, withZero, ordinary),
    op('Pow', plusInf, withZero, positive),
    'kernel fault',
  ],
  ['division by 0', op('Mod', nan, positive, withZero), op('Mod', nan, positive, positive), 'unknown'],
  [
    'inf - inf',
    op('Sub', nan, infinite(1, 0), infinite(1, 0)),
    op('Sub', nan, infinite(1, 0), infinite(0, 1)),
    'kernel fault',
  ],
  [
    'inf - inf',
    op('Add', nan, infinite(1, 0), infinite(0, 1)),
    op('Add', nan, infinite(1, 0), infinite(1, 0)),
    'kernel fault',
  ],
  ['inf - inf', op('Sum', nan, infinite(1, 1)), op('Sum', nan, infinite(2, 0)), 'kernel fault'],
  [
    'inf - inf',
    op('LayerNorm', nan, infinite(1, 0), ordinary),
    op('LayerNorm', nan, ordinary, ordinary),
    'kernel fault',
  ],
  [
    'inf - inf',
    op('Rotary', nan, infinite(1, 1), ordinary, ordinary),
    op('Rotary', nan, ordinary, ordinary, ordinary),
    'kernel fault',
  ],
  [
    '0 * inf',
    op('RmsNorm', nan, infinite(1, 0), ordinary),
    op('RmsNorm', nan, ordinary, ordinary),
    'kernel fault',
  ],
  [
    'inf - inf',
    op('BatchMatMul', nan, infinite(1, 0), ordinary),
    op('BatchMatMul', nan, ordinary, ordinary),
    'kernel fault',
  ],
  [
    '0 * inf',
    op('Multiply', nan, infinite(1, 0), withZero),
    op('Multiply', nan, infinite(1, 0, 1), ordinary),
    'kernel fault',
  ],
  [
    '0 * inf',
    op('Linear', nan, infinite(0, 1), withZero),
    op('Linear', nan, infinite(0, 1), ordinary),
    'inf - inf',
  ],
  [
    'inf / inf',
    op('RealDiv', nan, infinite(1, 0), infinite(0, 1)),
    op('RealDiv', nan, infinite(1, 0), positive),
    'kernel fault',
  ],
  ['exp overflow', op('Exp', plusInf, full(89, -1)), op('Exp', plusInf, full(88, -1)), 'kernel fault'],
  [
    'exp overflow',
    op('Exp', plusInf, { ...full(100, 0), ...infinite(0, 1), amax: 100 }),
    op('Exp', nan, full(100, 0)),
    'kernel fault',
  ],
  [
    'sum overflow',
    op('Add', plusInf, full(3e38, 0), full(3e38, 0)),
    op('Add', plusInf, full(3e38, 0), full(1e37, 0)),
    'kernel fault',
  ],
  [
    'sum overflow',
    op('Sum', withNaN(1, 1), full(3e38, -3e38)),
    op('Sum', withNaN(1, 1), full(8e37, -8e37)),
    'kernel fault',
  ],
  [
    'matmul overflow',
    op('BatchMatMul', plusInf, full(1e20, 0), full(1e20, 0)),
    op('BatchMatMul', plusInf, full(1e19, 0), full(1e18, 0)),
    'kernel fault',
  ],
  [
    'matmul overflow',
    op('FusedAttention', plusInf, full(2, -2), full(2, -2), full(3.4e38, -3.4e38)),
    op('FusedAttention', nan, full(2, -2), full(2, -2), full(2, -2)),
    'unknown',
  ],
  [
    'cast overflow',
    op('RoundToHalf', plusInf, full(65520, 0)),
    op('RoundToHalf', plusInf, full(65519, 0)),
    'kernel fault',
  ],
  [
    'cast overflow',
    op('RoundToBfloat16', plusInf, full(3.4e38, 0)),
    op('RoundToBfloat16', plusInf, full(3.39e38, 0)),
    'kernel fault',
  ],
  ['overflow', op('Square', plusInf, full(2e19, 0)), op('Square', plusInf, full(1e19, 0)), 'kernel fault'],
  [
    'overflow',
    op('RealDiv', plusInf, full(1e30, 0), full(1, 1e-30)),
    op('RealDiv', plusInf, full(1, 0), full(1, 1e-30)),
    'kernel fault',
  ],
  [
    'overflow',
    op('LayerNorm', nan, full(1e19, 0), ordinary, ordinary),
    op('LayerNorm', nan, full(1e18, 0), ordinary, ordinary),
    'kernel fault',
  ],
  [
    'overflow',
    op('RmsNorm', plusInf, full(2e19, 0), ordinary),
    op('RmsNorm', plusInf, full(1e19, 0), ordinary),
    'kernel fault',
  ],
  // One step alone is the kernel's; of all of them the learning rate, which no trace has, is the cause.
  ['overflow', adamW([0, 1], [0, 1]), adamW([0, 1], [0, 0]), 'kernel fault'],
  [
    'sum overflow',
    op('Rotary', plusInf, full(3e38, 0), full(1, 0), full(1, 0)),
    op('Rotary', plusInf, full(1e38, 0), full(1, 0), full(1, 0)),
    'kernel fault',
  ],
  ['out-of-range read', op('GatherV2', nan, ordinary), op('GatherV2', nan, nan), 'inherited'],
  ['kernel fault', op('Tanh', nan, ordinary), op('Theirs', nan, ordinary), 'unknown'],
  // At level `health` nothing rules an overflow inside of a product out.
  ['kernel fault', op('Tanh', nan, finite()), op('BatchMatMul', nan, finite(), finite()), 'unknown'],
];

describe('a mechanism is named by its evidence', () => {
  it.each(cases.map(([name, shown], i) => [name, i, shown] as const))('%s (%i)', (name, _, shown) => {
    const { evidence, ...mechanism } = judge(shown);
    expect(mechanism).toEqual({ name });
    expect(evidence.length).toBeGreaterThan(10);
  });

  it.each(cases.map(([name, , near, instead], i) => [name, i, instead, near] as const))(
    'a near miss of %s (%i) is %s',
    (_name, _i, instead, near) => {
      expect(judge(near).name).toBe(instead);
    },
  );

  it('every rule of the table has a case', () => {
    const tested = new Set(cases.map(([name]) => name));
    expect(mechanismRules.filter(({ name }) => !tested.has(name)).map(({ name }) => name)).toEqual([]);
  });

  it('an evidence names the inputs and what was measured', () => {
    expect(judge(op('Log', nan, ordinary)).evidence).toBe(
      'Log of forward/0/Before#0:0 (smallest value -2) gave 1 NaN',
    );
    expect(judge(guardedRoot(withZero)).evidence).toContain('forward/Select#0:0 did not take this branch');
  });
});
