/**
 * Which tokenizer a run takes: the one that is named, else the model folder's own. Bytes are never a silent stand-in
 * for one that cannot be read: the ids, and so the loss, would be of another text.
 */
import type { Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import type { ModelConfig } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';

/** The part of a configuration that names model and tokenizer, or brings ids that need none. */
export type TokenizerConfig = Pick<EvalConfig, 'model' | 'tokenizer'> & {
  readonly loadInputs?: EvalConfig['loadInputs'];
};

/** Files with a tokenizer in them. */
const readable = ['tokenizer.json', 'vocab.json'];
/** Files of tokenizers that are not read here, and what they are. */
const foreign: Readonly<Record<string, string>> = {
  'vocab.txt': 'of WordPiece',
  'tokenizer.model': 'of SentencePiece',
  'spiece.model': 'of SentencePiece',
  'sentencepiece.bpe.model': 'of SentencePiece',
  'tiktoken.model': 'of tiktoken',
  'merges.txt': 'without vocab.json',
};

/** Stands for no tokenizer at all, where ids are given: it has a text for none of them. */
const noTokenizer = (name: string): Tokenizer => {
  const refuse = () => {
    throw new UserError('tokenizer/none', `${name} has no tokenizer: an id has no text.`);
  };
  return { name: 'none', kind: 'none', vocabSize: 0, encode: refuse, decode: refuse };
};

/** The files among `names` that tell of a tokenizer, read here or not. */
export const tokenizerFiles = (names: readonly string[]): string[] =>
  names
    .filter(
      (name) =>
        readable.includes(name) ||
        Object.hasOwn(foreign, name) ||
        /^(tokenizer_config|special_tokens_map)\.json$/.test(name),
    )
    .sort();

/** What of a tokenizer was found in a folder without one that is read. */
const foundWords = (files: readonly string[]): string =>
  files.length === 0
    ? 'no file of a tokenizer'
    : files.map((name) => (foreign[name] ? `${name} (${foreign[name]})` : name)).join(', ');

/** A model whose ids are the byte tokenizer's own: 256 bytes, end of text, padding. */
const speaksBytes = ({ vocabulary, eosTokenId, padTokenId }: SpecialIds): boolean =>
  vocabulary === 258 && eosTokenId === 256 && (padTokenId === 257 || padTokenId === null);

/** What of a model's configuration tells which tokenizer made its ids. */
type SpecialIds = Pick<ModelConfig, 'vocabulary' | 'eosTokenId' | 'padTokenId'>;

/**
 * @param names Files of the model folder; undefined for a model without files.
 * @param ids Of the model in the folder, where it is known.
 * @returns What to take: the model folder's own files, bytes (also for a model of exactly their ids), a named place, or
 * none where ids are given.
 * @throws {UserError} `tokenizer/missing` for a folder without a tokenizer that can be read
 */
export function tokenizerChoice(
  { model, tokenizer, loadInputs }: TokenizerConfig,
  names: readonly string[] | undefined,
  ids?: SpecialIds,
): { readonly place: string } | 'own' | Tokenizer {
  if (tokenizer) return { place: tokenizer };
  if (names === undefined) return { place: 'bytes' };
  if (readable.some((name) => names.includes(name))) return 'own';
  if (loadInputs !== undefined) return noTokenizer(model);
  const files = tokenizerFiles(names);
  if (ids && files.length === 0 && speaksBytes(ids)) return { place: 'bytes' };
  throw new UserError(
    'tokenizer/missing',
    `--model ${model}: expected a tokenizer beside it (tokenizer.json, or vocab.json with merges.txt), found ${foundWords(files)}. Say --tokenizer FOLDER, or --tokenizer bytes to read a text as its bytes.`,
  );
}

/** Notes on a tokenizer that may not belong to the model beside it; empty where there are none. */
export function mismatchWords(tokenizer: Tokenizer, vocabulary: number, trained: boolean): string {
  const ids = vocabulary.toLocaleString('en');
  if (tokenizer.vocabSize > vocabulary)
    return `; the model has ${ids} ids: a text with one of the others is refused`;
  const bytes = tokenizer.name === 'bytes' && tokenizer.vocabSize !== vocabulary;
  return bytes && trained
    ? `; the model has ${ids} ids, so it was trained with another tokenizer than bytes`
    : '';
}
