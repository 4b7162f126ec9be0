/**
 * Dropout on every backend this machine has: the same masks bit for bit, from a formula checked here against a
 * count of its own, and gradients through the same masks, also inside both attentions.
 */
import { attention, safePolicy } from '@nanscope/attention';
import { philoxReader } from '@nanscope/backend';
import { dropout, dropoutHook, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

const stream = { seed: 2 ** 40 + 11, site: 'here', step: 5 };
const wave = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * 1.7));
const bitsOf = (values: ArrayLike<number>) => [...new Uint32Array(Float32Array.from(values).buffer)];

/** The definition, element by element. */
function expected(x: ArrayLike<number>, rate: number): Float32Array {
  const word = philoxReader(stream);
  const scale = Math.fround(1 / (1 - rate));
  return Float32Array.from(x, (value, i) => value * (word(i) < rate * 2 ** 32 ? 0 : scale));
}

onEveryBackend(() => {
  const read = async (compute: () => tf.Tensor): Promise<Float32Array> => {
    const before = tf.memory().numTensors;
    const y = tf.tidy(compute);
    const values = (await y.data()) as Float32Array;
    y.dispose();
    expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
    return values;
  };

  it.each([0.1, 0.5, 0.999, 1])('kernel:Dropout;rate=%d: the defined elements, bit for bit', async (rate) => {
    const x = wave(3 * 5 * 7);
    const y = await read(() => dropout(tf.tensor(x, [3, 5, 7]), rate, stream));
    expect(bitsOf(y)).toEqual(bitsOf(expected(x, rate)));
  });

  it('kernel:Dropout: drops the share it says', async () => {
    const y = await read(() => dropout(tf.ones([1000, 100]), 0.3, stream));
    const dropped = y.filter((value) => value === 0).length / y.length;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / y.length));
  });

  it('kernel:Dropout: NaN stays NaN, a dropped infinity becomes NaN, a kept one stays', async () => {
    const x = new Float32Array(64).fill(Number.POSITIVE_INFINITY, 0, 32).fill(Number.NaN, 32);
    const y = await read(() => dropout(tf.tensor1d(x), 0.5, stream));
    expect([...y]).toEqual([...expected(x, 0.5)]);
    expect(y.includes(Number.POSITIVE_INFINITY)).toBe(true);
  });

  it('kernel:Dropout;columns: a part of the columns gets the numbers of its place', async () => {
    const x = wave(4 * 10);
    const part = { start: 3, total: 10 };
    const y = await read(() => dropout(tf.slice(tf.tensor2d(x, [4, 10]), [0, 3], [4, 5]), 0.5, stream, part));
    const whole = expected(x, 0.5);
    expect([...y]).toEqual([0, 1, 2, 3].flatMap((row) => [...whole.subarray(row * 10 + 3, row * 10 + 8)]));
  });

  it('kernel:Dropout: the gradient passes through the same mask', async () => {
    const dy = wave(60);
    const gradient = await read(() =>
      tf.grad((x) => tf.mul(dropout(x, 0.4, stream), tf.tensor1d(dy)))(tf.zeros([60])),
    );
    expect(bitsOf(gradient)).toEqual(bitsOf(expected(dy, 0.4)));
  });

  it('kernel:Dropout: rate 0 is the tensor itself, a rate outside 0..1 is refused', () => {
    const x = tf.ones([3]);
    expect(dropout(x, 0, stream)).toBe(x);
    for (const rate of [-0.1, 1.1, Number.NaN])
      expect(() => dropout(x, rate, stream)).toThrow('expected a number from 0 to 1');
    x.dispose();
  });

  // 600 keys make sdpa walk in two blocks.
  it.each([5, 600])(
    'attention;dropout;keys=%d: eager and sdpa agree with the written-out product',
    async (S) => {
      const [q, k, v] = [wave(2 * 2 * 3 * 4), wave(2 * 2 * S * 4), wave(2 * 2 * S * 4)];
      const run = (implementation: 'eager' | 'sdpa' | 'written out', grads: boolean) => {
        const f = (...x: tf.Tensor[]): tf.Tensor => {
          const [a, b, c] = x as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
          if (implementation === 'written out') {
            const p = tf.softmax(tf.matMul(a, b, false, true).div(2));
            return tf.matMul(dropout(p, 0.5, stream), c);
          }
          return attention(a, b, c, {
            implementation,
            dropout: (p, { start, keys }) => dropout(p, 0.5, stream, { start, total: keys }),
          });
        };
        const inputs = [tf.tensor(q, [2, 2, 3, 4]), tf.tensor(k, [2, 2, S, 4]), tf.tensor(v, [2, 2, S, 4])];
        if (!grads) return f(...inputs).flatten();
        return tf.concat1d(
          tf
            .grads((...x) => f(...x).square())(inputs)
            .map((g) => g.flatten()),
        );
      };
      for (const grads of [false, true]) {
        const expected = await read(() => run('written out', grads));
        for (const implementation of ['eager', 'sdpa'] as const) {
          const actual = await read(() => run(implementation, grads));
          const largest = actual.reduce((worst, x, i) => Math.max(worst, Math.abs(x - expected[i]!)), 0);
          expect(largest, `${implementation}, gradients ${grads}`).toBeLessThanOrEqual(2e-6);
        }
      }
    },
  );

  it('the model drops at every site of Hugging Face, by site and step, and not without the hook', async () => {
    const model = await loadCausalLM({ preset: 'tiny', seed: 1 });
    const ids = [1, 2, 3, 4, 5, 6];
    const sites: string[] = [];
    const run = (step: number | undefined, implementation: 'eager' | 'sdpa' = 'eager') =>
      read(() => {
        const hook = dropoutHook(model.config.dropout, { seed: 3, step: step ?? 0 });
        return model.hidden(
          {
            inputIds: tf.tensor2d(ids, [2, 3], 'int32'),
            attentionMask: tf.ones([2, 3], 'int32'),
            positionIds: tf.tensor2d([0, 1, 2, 0, 1, 2], [2, 3], 'int32'),
            largestPosition: 2,
          },
          {
            implementation,
            policy: safePolicy,
            ...(step === undefined
              ? {}
              : {
                  dropout: (site, x, columns) => {
                    sites.push(site);
                    return hook(site, x, columns);
                  },
                }),
          },
        );
      });
    const first = await run(0);
    expect([...sites]).toEqual([
      'embeddings',
      ...[0, 1].flatMap((i) => [`h.${i}.attn`, `h.${i}.resid_attn`, `h.${i}.resid_mlp`]),
    ]);
    expect(bitsOf(await run(0))).toEqual(bitsOf(first));
    const other = await run(0, 'sdpa');
    expect(first.every((x, i) => Math.abs(x - other[i]!) <= 2e-5)).toBe(true);
    expect(bitsOf(await run(1))).not.toEqual(bitsOf(first));
    expect(bitsOf(await run(undefined))).not.toEqual(bitsOf(first));
    model.dispose();
  });
});
