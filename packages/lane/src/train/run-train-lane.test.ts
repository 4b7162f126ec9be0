import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteTokenizer } from '@nanscope/collator';
import { loadCausalLM, saveCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { saveModel } from './run-train-lane.ts';

it('keeps the generation_config.json of the model it began with, byte for byte', async () => {
  await tf.setBackend('cpu');
  const root = mkdtempSync(join(tmpdir(), 'nanscope-save-model-'));
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  const model = await loadCausalLM({ preset: 'tiny', seed: 1 });
  const text = '{ "eos_token_id": [3, 4], "top_k": 5 }';
  try {
    await saveCausalLM(from, model);
    writeFileSync(join(from, 'generation_config.json'), text);
    const request = { tokenizer: byteTokenizer(), model: from, card: '', best: undefined, last: undefined };
    for (const directory of [to, from]) {
      expect(await saveModel(model, { ...request, directory })).toBe(true);
      expect(readFileSync(join(directory, 'generation_config.json'), 'utf8')).toBe(text);
    }
  } finally {
    model.dispose();
    rmSync(root, { recursive: true });
  }
});
