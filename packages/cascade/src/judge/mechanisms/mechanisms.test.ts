/** Every rule of the table: a trace that shows its evidence, and one that just does not. */
import { describe, expect, it } from 'vitest';
import { finite, withNaN } from '../../testing/records.ts';
import {
  adamW,
  full,
  fused,
  guardedRoot,
  infinite,
  judge,
  layerNorm,
  masked,
  maskedGradient,
  minusInf,
  nan,
  op,
  ordinary,
  plusInf,
  positive,
  type Shown,
  softmax,
  withLast,
  withZero,
} from '../../testing/shown.ts';
import { mechanismRules } from './index.ts';
import type { MechanismName } from './rule.ts';

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
