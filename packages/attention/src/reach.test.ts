import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { MaskSpec } from './mask-types.ts';
import { prepareMask } from './prepare-mask.ts';
import { policies } from './presets.ts';

const sizes = { batch: 2, queries: 5, keys: 7, policy: policies.safe };
const padding = () => tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0], [2, 7], 'int32');

/** By a look at every pair. */
function lookedUp(allowed: tf.Tensor4D): { queries: string; keys: string } {
  const [batch, , T, S] = allowed.shape;
  const at = allowed.dataSync();
  const any = (count: number, other: number, cell: (i: number, j: number) => number) =>
    Array.from({ length: batch }, (_, b) =>
      Array.from({ length: count }, (_, i) =>
        Number(Array.from({ length: other }, (_, j) => at[b * T * S + cell(i, j)]).some((one) => one !== 0)),
      ).join(''),
    ).join(' ');
  return { queries: any(T, S, (t, s) => t * S + s), keys: any(S, T, (s, t) => t * S + s) };
}

const shown = (x: tf.Tensor4D, length: number) =>
  Array.from(x.dataSync())
    .join('')
    .match(new RegExp(`.{${length}}`, 'g'))!
    .join(' ');

const specs: readonly MaskSpec[] = [-1e9, -3, 0, 2, 6, 9, 1e9].flatMap((offset) => [
  { causal: true, offset },
  { causal: true, offset, window: 1 },
  { causal: true, offset, window: 3 },
  { window: 2, offset },
  { causal: true, offset, window: 2 ** 31 },
]);

describe('reach', () => {
  it.each(specs)('finds the queries and keys that a look at every pair finds: %o', (spec) => {
    for (const given of [spec, { ...spec, padding: padding() }]) {
      tf.tidy(() => {
        const { allowed, liveQueries, liveKeys } = prepareMask(given, sizes).composed!;
        const wanted = lookedUp(allowed!);
        expect(shown(liveQueries!, sizes.queries)).toBe(wanted.queries);
        expect(shown(liveKeys!, sizes.keys)).toBe(wanted.keys);
      });
    }
  });
});
