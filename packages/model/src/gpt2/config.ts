/**
 * The model's shape, read from a Hugging Face config.json: same keys, same defaults. What this code would
 * compute differently from what the file asks for is refused by name instead of being ignored.
 */
import { errorLine, nearest, UserError } from '@nanscope/errors';
import { z } from 'zod';
import { activationNames, isActivationName } from './activations.ts';

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

/** A checked GPT-2 configuration, with Hugging Face's key names. */
export type Gpt2Config = Readonly<z.infer<typeof schema>>;

function refuse(where: string, message: string): never {
  throw new UserError('gpt2/config', `${where}: ${message}`);
}

/** Settings of Hugging Face's GPT-2 that would change the numbers and that are not implemented here. */
function refuseUnsupported(json: Record<string, unknown>, where: string): void {
  const { model_type: type = 'gpt2', architectures, activation_function: activation = 'gelu_new' } = json;
  if (type !== 'gpt2')
    refuse(
      where,
      `model_type is ${JSON.stringify(type)}, expected "gpt2": other architectures are not supported.`,
    );
  const isGpt2 = (name: unknown) => typeof name === 'string' && /^GPT2[A-Z]/.test(name);
  if (Array.isArray(architectures) && architectures.length > 0 && !architectures.some(isGpt2)) {
    refuse(
      where,
      `architectures is ${JSON.stringify(architectures)}, expected "GPT2LMHeadModel": other architectures are not supported.`,
    );
  }
  if (!isActivationName(activation)) {
    const near = typeof activation === 'string' ? nearest(activation, activationNames) : undefined;
    const why =
      activation === 'prelu' || activation === 'xielu'
        ? ': it has weights of its own, which are not supported'
        : near === undefined
          ? ''
          : ` (did you mean "${near}"?)`;
    refuse(
      where,
      `activation_function is ${JSON.stringify(activation)}${why}; expected one of ${activationNames.join(', ')}.`,
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

/** The same settings under the keys of `Gpt2Config`. */
function withoutAliases(json: Record<string, unknown>): Record<string, unknown> {
  const own = { ...json };
  for (const [alias, key] of Object.entries(configAliases))
    if (Object.hasOwn(json, alias)) own[key] = json[alias];
  return own;
}

/** The key as the file has it. */
const keyIn = (json: object, key: string): string =>
  Object.entries(configAliases).find(([alias, own]) => own === key && Object.hasOwn(json, alias))?.[0] ?? key;

/**
 * Checks a parsed config.json.
 *
 * @param where Named at the start of every message, usually the file's path.
 * @throws UserError for other architectures, unsupported settings, and values of the wrong type or size.
 */
export function parseConfig(json: unknown, where: string): Gpt2Config {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refuse(where, 'expected a JSON object.');
  refuseUnsupported(json as Record<string, unknown>, where);
  const given = json as Record<string, unknown>;
  const result = schema.safeParse(withoutAliases(given));
  if (!result.success) {
    const issue = result.error.issues[0]!;
    refuse(where, `${keyIn(given, issue.path.join('.'))}: ${issue.message}.`);
  }
  const config = result.data;
  if (config.n_embd % config.n_head !== 0) {
    const [heads, width] = [keyIn(given, 'n_head'), keyIn(given, 'n_embd')];
    refuse(where, `${heads} ${config.n_head} does not divide ${width} ${config.n_embd}.`);
  }
  return config;
}

/** The config in the text of a config.json. @throws UserError, one line, naming the file. */
export function parseConfigText(text: string, path: string): Gpt2Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError('gpt2/config', `${path}: not valid JSON (${errorLine(error)}).`, { cause: error });
  }
  return parseConfig(json, path);
}
