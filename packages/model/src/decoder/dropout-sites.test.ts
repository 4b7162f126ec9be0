/** Where each family drops in training: at the places of its class in transformers 5.24, and nowhere else. */
import { safePolicy } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { uploadBatch } from '../batch.ts';
import type { DropoutHook } from '../dropout.ts';
import { dropoutRates, parseConfig } from '../families.ts';
import { smallConfigs } from '../testing/small-configs.ts';
import { buildCausalLM } from '../weights/build.ts';

beforeAll(() => tf.setBackend('cpu'));

const [attention, branches] = [['h.0.attn'], ['h.0.resid_attn', 'h.0.resid_mlp']];

/** Probabilities alone, where no other places are named. */
const places: Readonly<Record<string, readonly string[]>> = {
  gpt2: ['embeddings', ...attention, ...branches],
  gpt_neox: ['embeddings', ...attention, ...branches],
  opt: [...attention, ...branches],
  stablelm: [...attention, 'h.0.resid_mlp'],
  starcoder2: ['embeddings', ...attention, ...branches],
  phi3: [...attention, ...branches],
};

it.each(Object.keys(smallConfigs))('%s', async (type) => {
  const model = await buildCausalLM({
    config: parseConfig(smallConfigs[type]!, type),
    values: async (_, size) => new Float32Array(size),
  });
  const rates = dropoutRates(model.config, 0.5);
  const dropped = new Set<string>();
  const dropout: DropoutHook = (site, x) => {
    const kind = site === 'embeddings' ? site : site.endsWith('.attn') ? 'attention' : 'residual';
    if (rates[kind] > 0) dropped.add(site);
    return x;
  };
  const batch = uploadBatch(model.config, {
    ...{ shape: [1, 3], inputIds: [5, 6, 7], attentionMask: [1, 1, 1], positionIds: [0, 1, 2] },
  });
  model.hidden(batch, { implementation: 'eager', policy: safePolicy, dropout }).dispose();
  const { inputIds, attentionMask, positionIds } = batch;
  tf.dispose([inputIds, attentionMask, positionIds]);
  model.dispose();
  const first = [...dropped].filter((site) => !/h\.[1-9]/.test(site));
  expect(first.sort()).toEqual([...(places[type] ?? attention)].sort());
});
