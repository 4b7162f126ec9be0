/**
 * The model that golden/gpt2-saved/make.py reads: a tiny byte-level GPT-2 with seeded weights, saved by nanscope with its
 * tokenizer. Not a test: gpt2-saved.test.ts builds the same model
 * again and expects the same bytes.
 *
 *     pnpm exec tsx --conditions=@nanscope/source test/golden/saved-model.ts DIRECTORY
 */
import { byteTokenizer, tokenizerFiles } from '@nanscope/collator';
import {
  type CausalLM,
  initialValues,
  modelOf,
  parameterShapes,
  parseConfig,
  saveCausalLM,
} from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';

/** Small enough to be committed; an odd width for the MLP, so that n_inner counts. */
export const savedConfig = parseConfig(
  {
    vocab_size: 258,
    n_positions: 24,
    n_embd: 12,
    n_layer: 2,
    n_head: 3,
    n_inner: 20,
    layer_norm_epsilon: 1e-6,
    initializer_range: 0.3,
    bos_token_id: 256,
    eos_token_id: 256,
    pad_token_id: 257,
    embd_pdrop: 0,
    resid_pdrop: 0,
    attn_pdrop: 0,
  },
  'golden/gpt2-saved',
);

/** The model on the active backend. */
export function savedModel(config = savedConfig): CausalLM {
  const parameters: Record<string, tf.Variable> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const values = initialValues(config, name, tf.util.sizeFromShape([...shape]), 5);
    parameters[name] = tf.variable(tf.tensor(values, [...shape]));
  }
  return modelOf(config, parameters);
}

export async function saveAll(directory: string, model: CausalLM): Promise<void> {
  await saveCausalLM(directory, model, { files: await tokenizerFiles(byteTokenizer()) });
}

if (process.argv[1]?.endsWith('saved-model.ts')) {
  await tf.setBackend('cpu');
  await saveAll(process.argv[2]!, savedModel());
}
