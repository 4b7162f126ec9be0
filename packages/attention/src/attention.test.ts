import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { attention } from './attention.ts';
import type { AttentionOptions } from './call.ts';
import { safePolicy } from './policy.ts';
import { prepareMask } from './prepare-mask.ts';
import { policies } from './presets.ts';

const tensor = (...shape: [number, number, number, number]) =>
  tf.randomUniform(shape, -1, 1, 'float32', 7) as tf.Tensor4D;
const [q, k, v] = [() => tensor(1, 4, 3, 8), () => tensor(1, 2, 5, 8), () => tensor(1, 2, 5, 6)];

describe.each(['eager', 'sdpa'] as const)('attention, %s', (implementation) => {
  it('gives [B, H, T, Dv]', () => {
    expect(attention(q(), k(), v(), { implementation }).shape).toEqual([1, 4, 3, 6]);
  });

  it('shows the four stages, each once and whole', () => {
    const seen: string[] = [];
    const options: AttentionOptions = {
      implementation,
      causal: true,
      softcap: 2,
      capture: (stage, t) => seen.push(`${stage} ${t.shape}`),
    };
    attention(q(), k(), v(), options);
    expect(seen).toEqual(['scores 1,4,3,5', 'softcap 1,4,3,5', 'masked 1,4,3,5', 'probabilities 1,4,3,5']);
  });

  it('gives the same through a mask prepared for all layers', () => {
    const mask = { causal: true, padding: tf.tensor2d([[0, 0, 0, 1, 1]], [1, 5], 'int32') };
    const prepared = prepareMask(mask, { batch: 1, queries: 3, keys: 5, policy: safePolicy });
    const through = attention(q(), k(), v(), { implementation, mask: prepared }).dataSync();
    expect(through).toEqual(attention(q(), k(), v(), { implementation, mask }).dataSync());
  });

  it('reads keys whose scores overflow to -inf as keys of no weight, however many come first', () => {
    const filled = (S: number, value: (s: number) => number) =>
      tf.tensor4d(
        Array.from({ length: S }, (_, s) => value(s)),
        [1, 1, S, 1],
      );
    const k = filled(700, (s) => (s < 600 ? -1e20 : 0));
    const v = filled(700, (s) => (s < 600 ? 1 : 3));
    const q = filled(1, () => 1e20);
    expect(attention(q, k, v, { implementation }).dataSync()[0]).toBeCloseTo(3);
    const none = filled(700, () => -1e20);
    expect(attention(q, none, v, { implementation }).dataSync()[0]).toBeNaN();
  });

  it('leaves no tensor behind but its result', () => {
    const operands = [q(), k(), v()];
    const before = tf.memory().numTensors;
    const gradients = tf.grads((...x: tf.Tensor[]) =>
      attention(x[0] as tf.Tensor4D, x[1] as tf.Tensor4D, x[2] as tf.Tensor4D, {
        implementation,
        causal: true,
        softcap: 3,
      }),
    )(operands);
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('attention refuses', () => {
  const prepared = () => prepareMask({ causal: true }, { batch: 1, queries: 3, keys: 5, policy: safePolicy });
  const all = () => [q(), k(), v()];
  const only = (options: Partial<AttentionOptions>) => () => options;

  it.each([
    ['another batch size', only({}), () => [q(), tensor(2, 2, 5, 8), v()], 'must have the same batch size'],
    [
      'another head size',
      only({}),
      () => [q(), tensor(1, 2, 5, 4), v()],
      'q and k must have the same head size',
    ],
    [
      'values of other positions',
      only({}),
      () => [q(), k(), tensor(1, 2, 4, 6)],
      'k and v must have the same heads and positions',
    ],
    [
      'key heads that do not divide',
      only({}),
      () => [q(), tensor(1, 3, 5, 8), tensor(1, 3, 5, 6)],
      'the 3 key heads must divide the 4 query heads',
    ],
    [
      'three dimensions',
      only({}),
      () => [q().reshape([4, 3, 8]) as unknown as tf.Tensor4D, k(), v()],
      'q must be [batch, heads, positions, size]',
    ],
    ['integers', only({}), () => [q().cast('int32'), k(), v()], 'q must be float32, got int32'],
    ['a softcap of 0', only({ softcap: 0 }), all, 'softcap must be a finite number above 0'],
    ['a scale that is not finite', only({ scale: Number.NaN }), all, 'scale must be a finite number'],
    [
      'a mask of another size',
      () => ({ mask: { ...prepared(), keys: 6 } }),
      all,
      'prepared for batch 1, queries 3, keys 6',
    ],
    [
      'a policy beside a prepared mask',
      () => ({ mask: prepared(), policy: policies.jax }),
      all,
      'prepared under the policy safe, causal',
    ],
  ] as [string, () => Partial<AttentionOptions>, () => tf.Tensor4D[], string][])(
    '%s',
    (_what, options, tensors, text) => {
      const [q, k, v] = tensors();
      const asked = options();
      expect(() => attention(q!, k!, v!, { implementation: 'eager', ...asked })).toThrow(text);
    },
  );
});
