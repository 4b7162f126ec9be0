/** What files of weights call GPT-2's tensors, and what of them may be absent or left over. */
import type { TensorNames } from '../family.ts';
import { normalValues } from '../random.ts';
import type { Gpt2Settings } from './config.ts';

/** Biases that a file leaves out altogether: those of all linear layers, of all LayerNorms, or both. */
function absentBiases(parameters: readonly string[], has: (parameter: string) => boolean): Set<string> {
  const biases = parameters.filter((name) => name.endsWith('.bias'));
  const ofNorms = (name: string) => /\.ln_(1|2|f)\.bias$/.test(name);
  const groups = [biases.filter(ofNorms), biases.filter((name) => !ofNorms(name))];
  return new Set(groups.filter((group) => !group.some(has)).flat());
}

/** The settings that a parameter's shape follows from. */
function keysOf(name: string, json: Readonly<Record<string, unknown>>): readonly string[] {
  if (/wte|lm_head/.test(name)) return ['vocab_size', 'n_embd'];
  if (/wpe/.test(name)) return ['n_positions', 'n_embd'];
  return /mlp/.test(name) && typeof json.n_inner === 'number' ? ['n_embd', 'n_inner'] : ['n_embd'];
}

export const gpt2Names: TensorNames = {
  modelClass: 'GPT2LMHeadModel',
  prefix: 'transformer.',
  table: 'transformer.wte.weight',
  isBuffer: (plain) =>
    /^h\.\d+\.(attn|crossattention)\.(bias|masked_bias)$|(^|\.)rotary_emb\.|(^|\.)inv_freq$/.test(plain),
  refusesLeftOver: true,
  absent: absentBiases,
  settingsOf(parameter, { vocabulary, width, maxPositions, mlpWidth, json }) {
    const values: Record<string, number> = {
      vocab_size: vocabulary,
      n_embd: width,
      n_positions: maxPositions,
      n_inner: mlpWidth,
    };
    return keysOf(parameter, json)
      .map((key) => `${key} ${values[key]}`)
      .join(', ');
  },
  transposed: (stored) =>
    /\.c_(attn|proj|fc)\.weight$/.test(stored)
      ? 'It is stored [out, in], as torch.nn.Linear keeps it; GPT-2 keeps [in, out] (Conv1D): transpose the weights of c_attn, c_proj and c_fc.'
      : undefined,
};

// Which tensors a configuration has, by their Hugging Face names, and their shapes. Names and shapes only.

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

// Weights for a model without files, the way GPT-2 is initialised in Hugging Face's and Karpathy's code:
// N(0, initializer_range), residual projections divided by sqrt(2 L), LayerNorm ones and zeros, biases zero.
// The same seed gives the same bits on every platform.

/** @param name The parameter's Hugging Face name, which also names its random stream. */
export function initialValues(
  config: Gpt2Settings,
  name: string,
  size: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  if (name.endsWith('.bias')) return new Float32Array(size);
  if (/\.ln_(1|2|f)\.weight$/.test(name)) return new Float32Array(size).fill(1);
  const residual = name.endsWith('.c_proj.weight') ? Math.sqrt(2 * config.n_layer) : 1;
  return normalValues(seed, name, size, config.initializer_range / residual);
}
