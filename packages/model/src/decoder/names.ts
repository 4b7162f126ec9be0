/** What files of weights call the tensors of the decoder's families, and which of them are no parameters. */
import type { ModelConfig } from '../causal-lm.ts';
import type { TensorNames } from '../family.ts';

/** transformers' class of each `model_type`. */
const classes: Readonly<Record<string, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  smollm3: 'SmolLM3ForCausalLM',
  gemma2: 'Gemma2ForCausalLM',
  gemma3_text: 'Gemma3ForCausalLM',
  phi3: 'Phi3ForCausalLM',
  olmo2: 'Olmo2ForCausalLM',
  granite: 'GraniteForCausalLM',
  gpt_neox: 'GPTNeoXForCausalLM',
  opt: 'OPTForCausalLM',
  stablelm: 'StableLmForCausalLM',
  starcoder2: 'Starcoder2ForCausalLM',
};

const tables: Readonly<Record<string, string>> = {
  gpt_neox: 'gpt_neox.embed_in.weight',
  opt: 'model.decoder.embed_tokens.weight',
};

/** Causal masks and rotary tables, which old checkpoints hold. */
const buffer =
  /(^|\.)(attention|attn|self_attn)\.(bias|masked_bias)$|(^|\.)rotary_emb\.|(^|\.)(inv_freq|embed_scale|normalizer)$/;

/** The sizes that a parameter's shape follows from, by the keys of config.json. */
function settingsOf(parameter: string, config: ModelConfig): string {
  const { modelType, vocabulary, width, mlpWidth, heads, keyValueHeads, headDim, maxPositions } = config;
  const size = `hidden_size ${width}`;
  if (/embed_positions/.test(parameter)) return `max_position_embeddings ${maxPositions}, ${size}`;
  if (/embed|lm_head/.test(parameter)) return `vocab_size ${vocabulary}, ${size}`;
  if (/mlp|\.fc[12]\./.test(parameter))
    return `${size}, ${modelType === 'opt' ? 'ffn_dim' : 'intermediate_size'} ${mlpWidth}`;
  if (/attn|attention\./.test(parameter))
    return `${size}, num_attention_heads ${heads}, num_key_value_heads ${keyValueHeads}, head_dim ${headDim}`;
  return size;
}

export function decoderNames(modelType: string): TensorNames {
  return {
    modelClass: classes[modelType] ?? 'AutoModelForCausalLM',
    prefix: modelType === 'gpt_neox' ? 'gpt_neox.' : 'model.',
    table: tables[modelType] ?? 'model.embed_tokens.weight',
    // transformers 5 calls it lm_head, and files of every version embed_out.
    ...(modelType === 'gpt_neox' && { headInFile: 'embed_out.weight' }),
    isBuffer: (plain) => buffer.test(plain),
    refusesLeftOver: false,
    settingsOf,
  };
}
