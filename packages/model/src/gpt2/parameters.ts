/** Which tensors a configuration has, by their Hugging Face names, and their shapes. Names and shapes only. */
import type { Gpt2Settings } from './config.ts';

/** The parameters of block `i`, without their common prefix. */
function blockShapes(config: Gpt2Settings): [string, number[]][] {
  const { n_embd: C } = config;
  const inner = config.n_inner ?? 4 * C;
  return [
    ['ln_1.weight', [C]],
    ['ln_1.bias', [C]],
    ['attn.c_attn.weight', [C, 3 * C]],
    ['attn.c_attn.bias', [3 * C]],
    ['attn.c_proj.weight', [C, C]],
    ['attn.c_proj.bias', [C]],
    ['ln_2.weight', [C]],
    ['ln_2.bias', [C]],
    ['mlp.c_fc.weight', [C, inner]],
    ['mlp.c_fc.bias', [inner]],
    ['mlp.c_proj.weight', [inner, C]],
    ['mlp.c_proj.bias', [C]],
  ];
}

/**
 * Every parameter with its shape, in the order of Hugging Face's state dict. Linear weights are [in, out]
 * (GPT-2 stores its linears transposed, as "Conv1D"); `lm_head.weight` exists only when it is not tied to wte.
 */
export function parameterShapes(config: Gpt2Settings): ReadonlyMap<string, readonly number[]> {
  const { n_embd: C, vocab_size: V } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set('transformer.wte.weight', [V, C]);
  shapes.set('transformer.wpe.weight', [config.n_positions, C]);
  for (let i = 0; i < config.n_layer; i++) {
    for (const [name, shape] of blockShapes(config)) shapes.set(`transformer.h.${i}.${name}`, shape);
  }
  shapes.set('transformer.ln_f.weight', [C]);
  shapes.set('transformer.ln_f.bias', [C]);
  if (!config.tie_word_embeddings) shapes.set('lm_head.weight', [V, C]);
  return shapes;
}
