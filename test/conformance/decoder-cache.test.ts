/** Tokens one after the other through the cache give what all at once give: grouped keys, windows, rotary and learned positions. */
import { policies } from '@nanscope/attention';
import { type KeyValueCache, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { difference } from './compare.ts';
import { decoderOf, largestOf } from './decoder-cases.ts';
import { onEveryBackend } from './on-every-backend.ts';

const small = {
  vocab_size: 40,
  hidden_size: 32,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 32,
};
const models: readonly Record<string, unknown>[] = [
  { model_type: 'mistral', sliding_window: 3 },
  { model_type: 'qwen3', head_dim: 10 },
  {
    model_type: 'gemma3_text',
    head_dim: 6,
    sliding_window: 2,
    num_hidden_layers: 3,
    sliding_window_pattern: 3,
  },
  { model_type: 'gpt_neox', rotary_pct: 0.5 },
  { model_type: 'opt', ffn_dim: 20, word_embed_proj_dim: 16, dropout: 0 },
  { model_type: 'smollm3', no_rope_layers: [0, 1] },
];
const weights = async (name: string, size: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + name.length) * 0.5);

const ids = [
  [5, 17, 2, 28, 4, 9, 31],
  [0, 0, 11, 6, 38, 3, 21],
];
const mask = [
  [1, 1, 1, 1, 1, 1, 1],
  [0, 0, 1, 1, 1, 1, 1],
];
const positions = [
  [0, 1, 2, 3, 4, 5, 6],
  [0, 0, 0, 1, 2, 3, 4],
];

onEveryBackend(() => {
  it.each(models)('$model_type: three tokens, then one after the other', async (settings) => {
    const model = await decoderOf({ ...small, ...settings }, String(settings.model_type), weights);
    const options = { implementation: 'eager', policy: policies.safe } as const;
    const before = tf.memory().numTensors;
    const part = (start: number, end: number) => {
      const cut = (rows: number[][], from = start) => rows.flatMap((row) => row.slice(from, end));
      return uploadBatch(model.config, {
        shape: [2, end - start],
        inputIds: cut(ids),
        attentionMask: cut(mask, 0),
        positionIds: cut(positions),
      });
    };
    const whole = part(0, 7);
    const expected = tf.tidy(() => tf.unstack(model.hidden(whole, options), 1));
    tf.dispose({ ...whole });
    const steps: tf.Tensor[] = [];
    let cache: KeyValueCache | undefined;
    for (const [start, end] of [[0, 3], ...[3, 4, 5, 6].map((at) => [at, at + 1])] as [number, number][]) {
      const batch = part(start, end);
      const step = model.step(batch, cache, options);
      cache?.dispose();
      cache = step.cache;
      steps.push(...tf.unstack(step.hidden, 1));
      tf.dispose([step.hidden, { ...batch }]);
    }
    expect(cache?.length).toBe(7);
    cache?.dispose();
    for (const [position, tensor] of expected.entries()) {
      const numbers = await tensor.data();
      const { required, classes } = difference(await steps[position]!.data(), numbers);
      expect(classes, `position ${position}`).toEqual([]);
      expect(required, `position ${position}`).toBeLessThanOrEqual(2e-6 * largestOf(numbers));
    }
    tf.dispose([expected, steps]);
    expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
    model.dispose();
  });
});
