/** What files of weights call GPT-2's tensors, and what of them may be absent or left over. */
import type { TensorNames } from '../family.ts';

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
