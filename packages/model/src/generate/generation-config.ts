/**
 * What a generation_config.json asks for, as `generate` of transformers 5 reads it: only what is obeyed has a field, and
 * every other setting that would change a token is named. What flags say over it is the caller's business.
 */
import { errorLine, UserError } from '@nanscope/errors';
import { z } from 'zod';

const whole = z.number().int().nonnegative();
const tokenId = z.number().int();

const schema = z.object({
  do_sample: z.boolean().nullish(),
  temperature: z.number().nonnegative().nullish(),
  /** 0: all. */
  top_k: whole.nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_new_tokens: whole.positive().nullish(),
  /** Tokens of the prompt and new ones. */
  max_length: whole.positive().nullish(),
  eos_token_id: z
    .union([tokenId, z.array(tokenId)], { error: 'expected a token id, a list of them or null' })
    .nullish(),
  pad_token_id: tokenId.nullish(),
});

export interface GenerationFile {
  /** transformers draws only where the file says so. */
  readonly doSample: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly maxNewTokens?: number;
  readonly maxLength?: number;
  /** Empty where the file names none: transformers does not ask config.json then. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId?: number;
  /** Settings that would change tokens there and are not obeyed here: `repetition_penalty 1.2`. */
  readonly notObeyed: readonly string[];
}

/** Settings that are without effect at this value. */
const neutral: Readonly<Record<string, unknown>> = {
  ...{ repetition_penalty: 1, encoder_repetition_penalty: 1, length_penalty: 1, typical_p: 1, num_beams: 1 },
  ...{
    num_beam_groups: 1,
    num_return_sequences: 1,
    no_repeat_ngram_size: 0,
    encoder_no_repeat_ngram_size: 0,
  },
  ...{ min_length: 0, min_new_tokens: 0, min_p: 0, epsilon_cutoff: 0, eta_cutoff: 0, diversity_penalty: 0 },
  ...{ guidance_scale: 1 },
};

/** Settings that change no token: where the file comes from, what is returned, how a cache is kept. */
const withoutEffect =
  /^(_.*|transformers_version|bos_token_id|decoder_start_token_id|output_.*|return_dict.*|use_cache|cache_.*|max_time|assistant_.*|num_assistant_tokens.*|prefill_chunk_size|disable_compile|compile_config|renormalize_logits|remove_invalid_values)$/;

const given = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined;

function notObeyed(json: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    const silent =
      Object.hasOwn(schema.shape, name) ||
      withoutEffect.test(name) ||
      value === null ||
      value === false ||
      (Object.hasOwn(neutral, name) && value === neutral[name]);
    return silent ? [] : [`${name} ${JSON.stringify(value)}`];
  });
}

/** @throws UserError `gpt2/generation-config`, one line, naming the file */
export function parseGenerationConfig(text: string, path: string): GenerationFile {
  const refuse = (message: string): never => {
    throw new UserError('gpt2/generation-config', `${path}: ${message}.`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse(`not valid JSON (${errorLine(error)})`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refuse('expected a JSON object');
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    return refuse(`${issue.path.join('.')}: ${issue.message}`);
  }
  const { do_sample: doSample, temperature, top_k: topK, top_p: topP, eos_token_id: eos } = result.data;
  const { max_new_tokens: maxNewTokens, max_length: maxLength, pad_token_id: padTokenId } = result.data;
  return {
    doSample: doSample === true,
    ...(given(temperature) && { temperature }),
    ...(given(topK) && topK > 0 && { topK }),
    ...(given(topP) && { topP }),
    ...(given(maxNewTokens) && { maxNewTokens }),
    ...(given(maxLength) && { maxLength }),
    eosTokenIds: given(eos) ? [eos].flat() : [],
    ...(given(padTokenId) && { padTokenId }),
    notObeyed: notObeyed(json as Record<string, unknown>),
  };
}
