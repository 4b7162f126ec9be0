import { safePolicy } from '@nanscope/attention';
import { builtinBackend, type Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uploadBatch } from '../batch.ts';
import { parseConfig } from '../families.ts';
import { loadCausalLM } from '../weights/load.ts';

let session: Session;
beforeAll(async () => {
  session = await builtinBackend('wasm')!.open();
});
afterAll(() => session.dispose());

it('a StableLM of which one number of 256 turns has 257 in attention: too many for the fused kernel, which auto leaves', async () => {
  const json = {
    ...{ model_type: 'stablelm', hidden_size: 256, num_attention_heads: 1, num_key_value_heads: 1 },
    ...{ intermediate_size: 8, num_hidden_layers: 1, vocab_size: 20, partial_rotary_factor: 1 / 256 },
  };
  const model = await loadCausalLM({ config: parseConfig(json, 'config.json'), seed: 1 });
  const batch = {
    ...{ shape: [1, 4] as const, inputIds: [3, 1, 4, 1] },
    ...{ attentionMask: [1, 1, 1, 1], positionIds: [0, 1, 2, 3] },
  };
  const under = async (kernel: 'auto' | 'composed') => {
    const hidden = tf.tidy(() =>
      model.hidden(uploadBatch(model.config, batch), { implementation: 'sdpa', policy: safePolicy, kernel }),
    );
    const values = await hidden.data();
    hidden.dispose();
    return [...values];
  };
  expect(await under('auto')).toEqual(await under('composed'));
  model.dispose();
});
