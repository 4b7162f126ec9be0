/** The model of every cell: two heads of four, drawn from a seed, wide enough apart that a moved token moves its logits. */
import { buildCausalLM, type CausalLM, openParts, parseConfig } from '@nanscope/model';
import { LENGTH, VOCABULARY } from './cell-batch.ts';

const SEED = 7;

/** On the active backend; the caller disposes of it. */
export async function tinyModel(layers: number): Promise<CausalLM> {
  const shape = { vocab_size: VOCABULARY, n_positions: LENGTH, n_embd: 8, n_head: 2, n_layer: layers };
  // Ten times GPT-2's own spread: at this width 0.02 would leave every logit nearly the same.
  const config = parseConfig(
    { ...shape, initializer_range: 0.2, eos_token_id: null, bos_token_id: null },
    'cell',
  );
  return buildCausalLM(await openParts({ config, seed: SEED }));
}
