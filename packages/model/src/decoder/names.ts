/** What files of weights call the tensors of the decoder's families, and which of them are no parameters. */
import type { ModelConfig } from '../causal-lm.ts';
import type { TensorNames } from '../family.ts';
import type { DecoderSpec } from './spec.ts';

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
  granite_swa: 'GraniteSWAForCausalLM',
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

// Which tensors a decoder has, by their Hugging Face names, and their shapes. Names and shapes only.

type Shapes = Map<string, readonly number[]>;

/** A linear weight is [out, in], as Hugging Face stores it. */
function addLinear(
  shapes: Shapes,
  name: string,
  [out, into]: readonly [number, number],
  bias: boolean,
): void {
  shapes.set(`${name}.weight`, [out, into]);
  if (bias) shapes.set(`${name}.bias`, [out]);
}

function addNorm(shapes: Shapes, name: string, { norm, width }: DecoderSpec): void {
  if (norm.scale) shapes.set(`${name}.weight`, [width]);
  if (norm.bias) shapes.set(`${name}.bias`, [width]);
}

/** The name of a module of a branch, below its layer. */
export const inBranch = (module: string | null, name: string): string =>
  module === null ? name : `${module}.${name}`;

function addAttention(shapes: Shapes, layer: string, spec: DecoderSpec): void {
  const { width, heads, keyValueHeads, headDim, attention, branches } = spec;
  const { projections, norm, bias } = attention;
  const name = (part: string) => layer + inBranch(branches.attention.module, part);
  const [queries, keys] = [heads * headDim, keyValueHeads * headDim];
  if (projections.kind === 'split') {
    addLinear(shapes, name(projections.query), [queries, width], bias.input);
    addLinear(shapes, name(projections.key), [keys, width], bias.input);
    addLinear(shapes, name(projections.value), [keys, width], bias.input);
  } else addLinear(shapes, name(projections.name), [queries + 2 * keys, width], bias.input);
  addLinear(shapes, name(attention.output), [width, queries], bias.output);
  if (attention.sinks !== null) shapes.set(name(attention.sinks), [heads]);
  if (norm?.over === 'own') {
    for (let head = 0; head < heads; head++)
      shapes.set(`${name(norm.query)}.norms.${head}.weight`, [headDim]);
    for (let head = 0; head < keyValueHeads; head++)
      shapes.set(`${name(norm.key)}.norms.${head}.weight`, [headDim]);
  } else if (norm) {
    shapes.set(`${name(norm.query)}.weight`, [norm.over === 'head' ? headDim : queries]);
    shapes.set(`${name(norm.key)}.weight`, [norm.over === 'head' ? headDim : keys]);
  }
}

function addMlp(shapes: Shapes, layer: string, { width, mlpWidth, mlp, branches }: DecoderSpec): void {
  const { projections, down, bias } = mlp;
  const add = (part: string, size: readonly [number, number]) =>
    addLinear(shapes, layer + inBranch(branches.mlp.module, part), size, bias);
  if (projections.kind === 'gated') add(projections.gate, [mlpWidth, width]);
  if (projections.kind === 'stacked') add(projections.name, [2 * mlpWidth, width]);
  else add(projections.up, [mlpWidth, width]);
  add(down, [width, mlpWidth]);
}

/**
 * Every parameter with its shape. Linear weights are [out, in]; the head has a weight of its own only when it is not
 * tied to the token table.
 */
export function decoderShapes(spec: DecoderSpec): ReadonlyMap<string, readonly number[]> {
  const { embedding, width, vocabulary, head, branches } = spec;
  const shapes: Shapes = new Map();
  shapes.set(`${embedding.name}.weight`, [vocabulary, embedding.width]);
  if (embedding.positions)
    shapes.set(`${embedding.positions.name}.weight`, [spec.maxPositions + embedding.positions.offset, width]);
  if (embedding.projections) {
    shapes.set(`${embedding.projections.in}.weight`, [width, embedding.width]);
    shapes.set(`${embedding.projections.out}.weight`, [embedding.width, width]);
  }
  for (let index = 0; index < spec.layers.length; index++) {
    const layer = `${spec.layerPrefix}${index}.`;
    addAttention(shapes, layer, spec);
    addMlp(shapes, layer, spec);
    for (const { before, after, sum } of [branches.attention, branches.mlp])
      for (const name of [before, after, sum]) if (name !== undefined) addNorm(shapes, layer + name, spec);
  }
  if (spec.finalNorm !== null) addNorm(shapes, spec.finalNorm, spec);
  if (!head.tied) shapes.set(`${head.name}.weight`, [vocabulary, embedding.width]);
  return shapes;
}
