import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { blockedCells } from './blocked-cells.ts';
import type { MaskSpec } from './mask-types.ts';
import { type Policy, safePolicy } from './policy.ts';
import { prepareMask } from './prepare-mask.ts';
import { policies } from './presets.ts';

const shape = { batch: 2, queries: 3, keys: 3, policy: safePolicy };
const leftPadded = () => tf.tensor2d([0, 0, 1, 1, 1, 1], [2, 3], 'int32');

function allowed(spec: MaskSpec, change: Partial<typeof shape> = {}): string[] {
  const prepared = prepareMask(spec, { ...shape, ...change });
  const values = prepared.composed!.allowed!.dataSync();
  const width = prepared.keys;
  return Array.from({ length: values.length / width }, (_, row) =>
    values.slice(row * width, (row + 1) * width).join(''),
  );
}

describe('prepareMask', () => {
  it('lets a query see itself and what came before', () => {
    expect(allowed({ causal: true })).toEqual(['100', '110', '111']);
  });

  it('puts the queries at the end of cached keys, or where the offset says', () => {
    expect(allowed({ causal: true }, { keys: 5 })).toEqual(['11100', '11110', '11111']);
    expect(allowed({ causal: true, offset: 0 }, { keys: 5 })).toEqual(['10000', '11000', '11100']);
  });

  it('keeps keys within the window', () => {
    expect(allowed({ causal: true, window: 2 })).toEqual(['100', '110', '011']);
  });

  it('combines causality and padding: left padding leaves queries without a key', () => {
    expect(allowed({ causal: true, padding: leftPadded() })).toEqual([
      '000',
      '000',
      '001',
      '100',
      '110',
      '111',
    ]);
  });

  it('drops causality only under the policy that says so, and only when a mask is given', () => {
    const policy: Policy = policies['no-causal'];
    // One row of keys a batch row: every query has the same.
    expect(allowed({ causal: true, padding: leftPadded() }, { policy })).toEqual(['001', '111']);
    expect(allowed({ causal: true }, { policy })).toEqual(['100', '110', '111']);
  });

  it('reads -inf of a float mask as blocked', () => {
    const explicit = tf.tensor2d([0, Number.NEGATIVE_INFINITY, -3.4028234663852886e38], [1, 3]);
    expect(allowed({ explicit })).toEqual(['101']);
  });

  it('is small: no heads, and one row for the batch where rows do not differ', () => {
    expect(prepareMask({ causal: true }, shape).composed!.allowed!.shape).toEqual([1, 1, 3, 3]);
    expect(prepareMask({ causal: true, padding: leftPadded() }, shape).composed!.allowed!.shape).toEqual([
      2, 1, 3, 3,
    ]);
  });

  it('sums the fills of masks that are added one by one: finfo.min + finfo.min is -inf', () => {
    const policy: Policy = { ...policies['transformers-5-eager'], compose: 'add' };
    const { steps } = prepareMask({ causal: true, padding: leftPadded() }, { ...shape, policy }).composed!;
    const step = steps[0]!;
    const bias = step.how === 'add' ? Array.from(step.bias.dataSync()).slice(0, 3) : [];
    expect(bias).toEqual([-3.4028234663852886e38, Number.NEGATIVE_INFINITY, -3.4028234663852886e38]);
  });

  it('leaves no tensor behind but its own', () => {
    const padding = leftPadded();
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      prepareMask({ causal: true, padding }, shape);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [
      () => ({ padding: tf.ones([3, 2], 'int32') as tf.Tensor2D }),
      'must be [batch, keys] = [2, 3], got [3,2]',
    ],
    [() => ({ padding: tf.ones([2, 3]) as tf.Tensor2D }), 'must be int32 or bool, got float32'],
    [() => ({ window: 0 }), 'at least 1 key, got 0'],
    [() => ({ offset: 0.5 }), 'whole number of positions, got 0.5'],
    [() => ({ explicit: tf.ones([3, 3], 'int32') }), 'must be bool (true = may attend) or float32'],
    [
      () => ({ explicit: tf.ones([4, 3]) }),
      'broadcastable to [batch, heads, queries, keys] = [2, heads, 3, 3], got [4,3]',
    ],
  ] as [() => MaskSpec, string][])('refuses a wrong mask with a reason', (make, text) => {
    const spec = make();
    expect(() => prepareMask(spec, shape)).toThrow(text);
  });
});

describe('blockedCells', () => {
  it('counts blocked cells and names queries without a key, row by row', async () => {
    const prepared = prepareMask({ causal: true, padding: leftPadded() }, shape);
    expect(await blockedCells(prepared)).toEqual([
      { batch: 0, cells: 9, blocked: 8, fullyMasked: [0, 1] },
      { batch: 1, cells: 9, blocked: 3, fullyMasked: [] },
    ]);
  });

  it('counts a mask that all queries share', async () => {
    const [row] = await blockedCells(prepareMask({ padding: leftPadded() }, shape));
    expect(row).toEqual({ batch: 0, cells: 9, blocked: 6, fullyMasked: [] });
  });

  it('speaks for every batch row where the mask is the same for all, and where there is none', async () => {
    expect(await blockedCells(prepareMask({ causal: true }, shape))).toHaveLength(2);
    expect((await blockedCells(prepareMask({}, shape)))[1]).toEqual({
      batch: 1,
      cells: 9,
      blocked: 0,
      fullyMasked: [],
    });
  });
});
