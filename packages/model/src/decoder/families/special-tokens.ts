/** The special tokens of a config.json, with those of transformers' class (5.24) where a key is absent. */
import type { Fields } from '../fields.ts';

interface SpecialTokens {
  readonly bos: number | null;
  /** Each of a list ends a row. */
  readonly eos: number | readonly number[] | null;
  readonly pad: number | null;
}

const none: SpecialTokens = { bos: null, eos: null, pad: null };
const llama: SpecialTokens = { bos: 1, eos: 2, pad: null };
const gemma: SpecialTokens = { bos: 2, eos: 1, pad: 0 };

const ofClass: Readonly<Record<string, SpecialTokens>> = {
  llama,
  mistral: llama,
  granite: llama,
  granite_swa: { bos: 100257, eos: 100257, pad: null },
  smollm3: { bos: 128000, eos: 128001, pad: 128004 },
  gemma2: gemma,
  gemma3_text: gemma,
  phi3: { bos: 1, eos: 32000, pad: 32000 },
  olmo2: { bos: null, eos: 50279, pad: 1 },
  gpt_neox: { bos: 0, eos: 2, pad: null },
  opt: { bos: 2, eos: 2, pad: 1 },
  stablelm: { bos: 0, eos: 0, pad: null },
  starcoder2: { bos: 50256, eos: 50256, pad: null },
};

/** @throws UserError for ids that are none */
export function specialTokens(fields: Fields, modelType: string): SpecialTokens {
  const absent = ofClass[modelType] ?? none;
  return {
    bos: fields.token('bos_token_id', absent.bos),
    eos: fields.tokens('eos_token_id', absent.eos),
    pad: fields.token('pad_token_id', absent.pad),
  };
}

/**
 * The token whose row of the table transformers keeps from learning; one counted from the end of the table is its place.
 * The class's own lies beyond a small table, and is none then.
 *
 * @throws UserError for a token that config.json names and the table has not
 */
export function paddingRow(fields: Fields, modelType: string, vocabulary: number): number | null {
  const { pad } = specialTokens(fields, modelType);
  // GPT-NeoX has a padding token, and its table does not know it.
  if (pad === null || modelType === 'gpt_neox') return null;
  const place = pad < 0 ? vocabulary + pad : pad;
  if (place >= 0 && place < vocabulary) return place;
  return fields.has('pad_token_id')
    ? fields.refuseValue('pad_token_id', `expected a row of the token table: vocab_size is ${vocabulary}`)
    : null;
}
