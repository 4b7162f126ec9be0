/**
 * The families in bfloat16 and float16 against what transformers gave on the CPU (golden/decoder-options/half.py), on every
 * backend: no further from it, and from float64 of the same weights, than twice PyTorch's own distance from float64. Plain
 * JavaScript, whose sums err least, gives the same bits in bfloat16.
 */
import { type PresetName, policyFrom } from '@nanscope/attention';
import { buildCausalLM, parseConfig, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../conformance/on-every-backend.ts';
import { batch, readJson, weightsOf } from './decoder-models.ts';

const dtypes = ['bf16', 'f16'] as const;
const implementations = ['sdpa', 'eager'] as const;
type Recorded = Readonly<Record<'exact' | 'eager', number[]>> & { readonly sdpa?: number[] };
type Family = { readonly config: Record<string, unknown> } & Readonly<
  Record<(typeof dtypes)[number], Recorded>
>;
const { families } = readJson('half.json') as { readonly families: Readonly<Record<string, Family>> };

const [B, T] = batch.shape;

/** The logits of the last position of each row. */
async function lastLogits(
  config: Record<string, unknown>,
  dtype: (typeof dtypes)[number],
  implementation: (typeof implementations)[number],
): Promise<Float32Array> {
  const model = await buildCausalLM({
    config: parseConfig(config, 'config.json'),
    values: weightsOf(String(config.model_type)),
    dtype,
  });
  const device = uploadBatch(model.config, batch);
  const preset: PresetName = `transformers-5-${implementation}`;
  const logits = tf.tidy(() => {
    const hidden = model.hidden(device, {
      implementation,
      policy: policyFrom({ preset, computeDtype: dtype }),
    });
    return model.logits(tf.reshape(tf.slice(hidden, [0, T - 1, 0], [-1, 1, -1]), [B, hidden.shape[2]]));
  });
  const values = (await logits.data()) as Float32Array;
  const { inputIds, attentionMask, positionIds } = device;
  tf.dispose([logits, inputIds, attentionMask, positionIds]);
  model.dispose();
  return values;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => {
    const here = Math.abs(x - b[i]!);
    return Math.max(here, most);
  }, 0);

describe('golden:decoder-half', () => {
  onEveryBackend(({ id }) => {
    for (const [family, { config, ...recorded }] of Object.entries(families))
      it(`${family}`, async () => {
        const before = tf.memory().numTensors;
        for (const dtype of dtypes)
          for (const implementation of implementations) {
            const { exact, [implementation]: expected } = recorded[dtype];
            if (expected === undefined) continue;
            const actual = await lastLogits(config, dtype, implementation);
            const spread = distance(expected, exact);
            const what = `${dtype} ${implementation}`;
            expect(distance(actual, expected), `${what} from transformers`).toBeLessThanOrEqual(2 * spread);
            expect(distance(actual, exact), `${what} from float64`).toBeLessThanOrEqual(2 * spread);
          }
        expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
      });

    if (id !== 'cpu') return;
    it('has the very bits of transformers in bfloat16', async () => {
      const differing: string[] = [];
      for (const [family, { config, bf16 }] of Object.entries(families)) {
        const actual = await lastLogits(config, 'bf16', 'eager');
        if (distance(actual, bf16.eager) !== 0) differing.push(family);
      }
      expect(differing).toEqual([]);
    });
  });
});
