/**
 * The model's shape, read from a Hugging Face config.json: same keys, same defaults. What this code would
 * compute differently from what the file asks for is refused by name instead of being ignored.
 */
import { UserError } from '@nanscope/errors';
import { z } from 'zod';
import type { JsonObject, ModelConfig } from '../causal-lm.ts';
import { activationHint, activationNames, isActivationName } from './activations.ts';

const positive = z.number().int().positive();
const rate = z.number().min(0).max(1).default(0.1);

/** Keys as in Hugging Face's GPT2Config; keys that do not change the forward pass in evaluation are let through unread. */
const schema = z.object({
  vocab_size: positive.default(50257),
  n_positions: positive.default(1024),
  n_embd: positive.default(768),
  // Names of parameters are listed before any is read; no GPT-2 comes near.
  n_layer: positive.max(10_000).default(12),
  n_head: positive.default(12),
  /** Width of the MLP; null means 4 n_embd. */
  n_inner: positive.nullable().default(null),
  /** The nonlinearity of the MLP, by Hugging Face's name. */
  activation_function: z.enum(activationNames).default('gelu_new'),
  layer_norm_epsilon: z.number().nonnegative().default(1e-5),
  initializer_range: z.number().nonnegative().default(0.02),
  /** Scores divided by the square root of the head size. */
  scale_attn_weights: z.boolean().default(true),
  /** Scores of layer i divided by i + 1 as well. */
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  /** Scores in float32 whatever the compute dtype, by an implementation of its own in transformers' eager attention. */
  reorder_and_upcast_attn: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  /** Dropout rates, in training only: after the embeddings, on attention probabilities, before each residual sum. */
  embd_pdrop: rate,
  attn_pdrop: rate,
  resid_pdrop: rate,
  bos_token_id: z.number().int().nullable().default(50256),
  /** Each of a list ends a row. */
  eos_token_id: z
    .union([z.number().int(), z.array(z.number().int()).readonly()], {
      error: 'expected a token id, a list of them or null',
    })
    .nullable()
    .default(50256),
  pad_token_id: z.number().int().nullable().default(null),
});

/** The settings of a GPT-2 under Hugging Face's key names. */
export type Gpt2Settings = Readonly<z.infer<typeof schema>>;

/** A checked GPT-2 configuration. */
export interface Gpt2Config extends ModelConfig {
  readonly gpt2: Gpt2Settings;
}

function refuse(where: string, message: string): never {
  throw new UserError('gpt2/config', `${where}: ${message}`);
}

/** Settings of Hugging Face's GPT-2 that would change the numbers and that are not implemented here. */
function refuseUnsupported(json: JsonObject, where: string): void {
  const { architectures, activation_function: activation = 'gelu_new' } = json;
  const isGpt2 = (name: unknown) => typeof name === 'string' && /^GPT2[A-Z]/.test(name);
  if (Array.isArray(architectures) && architectures.length > 0 && !architectures.some(isGpt2)) {
    refuse(
      where,
      `architectures is ${JSON.stringify(architectures)}, expected "GPT2LMHeadModel": other architectures are not supported.`,
    );
  }
  if (!isActivationName(activation)) {
    refuse(
      where,
      `activation_function is ${JSON.stringify(activation)}${activationHint(activation)}; expected one of ${activationNames.join(', ')}.`,
    );
  }
  for (const key of ['add_cross_attention', 'is_encoder_decoder']) {
    if (json[key] === true)
      refuse(where, `${key} is true, which is not supported. Set it to false if the weights allow it.`);
  }
  for (const key of ['quantization_config', 'compression_config']) {
    if (typeof json[key] === 'object' && json[key] !== null)
      refuse(
        where,
        `${key} is ${JSON.stringify(json[key]).slice(0, 80)}, which is not supported: expected weights that are floats. Save the model dequantised.`,
      );
  }
  const pruned = json.pruned_heads;
  if (typeof pruned === 'object' && pruned !== null && Object.keys(pruned).length > 0)
    refuse(
      where,
      `pruned_heads is ${JSON.stringify(pruned)}, which is not supported: expected no pruned heads.`,
    );
}

/** Names that Hugging Face's GPT2Config takes for its own; where both are there, transformers takes these. */
export const configAliases: Readonly<Record<string, string>> = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

/** The same settings under the keys of `Gpt2Settings`. */
function withoutAliases(json: JsonObject): Record<string, unknown> {
  const own = { ...json };
  for (const [alias, key] of Object.entries(configAliases))
    if (Object.hasOwn(json, alias)) own[key] = json[alias];
  return own;
}

/** The key as the file has it. */
const keyIn = (json: object, key: string): string =>
  Object.entries(configAliases).find(([alias, own]) => own === key && Object.hasOwn(json, alias))?.[0] ?? key;

function settingsIn(json: JsonObject, where: string): Gpt2Settings {
  refuseUnsupported(json, where);
  const result = schema.safeParse(withoutAliases(json));
  if (!result.success) {
    const issue = result.error.issues[0]!;
    refuse(where, `${keyIn(json, issue.path.join('.'))}: ${issue.message}.`);
  }
  const settings = result.data;
  if (settings.n_embd % settings.n_head !== 0) {
    const [heads, width] = [keyIn(json, 'n_head'), keyIn(json, 'n_embd')];
    refuse(where, `${heads} ${settings.n_head} does not divide ${width} ${settings.n_embd}.`);
  }
  return settings;
}

/**
 * Checks a config.json of GPT-2.
 *
 * @param where Named at the start of every message, usually the file's path.
 * @throws UserError for another architecture, unsupported settings, and values of the wrong type or size.
 */
export function gpt2Config(json: JsonObject, where: string): Gpt2Config {
  const gpt2 = settingsIn(json, where);
  return {
    modelType: 'gpt2',
    layers: gpt2.n_layer,
    width: gpt2.n_embd,
    heads: gpt2.n_head,
    keyValueHeads: gpt2.n_head,
    headDim: gpt2.n_embd / gpt2.n_head,
    mlpWidth: gpt2.n_inner ?? 4 * gpt2.n_embd,
    vocabulary: gpt2.vocab_size,
    maxPositions: gpt2.n_positions,
    positionsKey: 'n_positions',
    learnedPositions: true,
    bosTokenId: gpt2.bos_token_id,
    eosTokenId: gpt2.eos_token_id,
    padTokenId: gpt2.pad_token_id,
    tied: gpt2.tie_word_embeddings,
    initializerRange: gpt2.initializer_range,
    dropout: { embeddings: gpt2.embd_pdrop, attention: gpt2.attn_pdrop, residual: gpt2.resid_pdrop },
    scaleSettings: [
      ...(gpt2.scale_attn_weights ? [] : ['scale_attn_weights: false']),
      ...(gpt2.scale_attn_by_inverse_layer_idx ? ['scale_attn_by_inverse_layer_idx: true'] : []),
    ],
    json,
    gpt2,
  };
}
