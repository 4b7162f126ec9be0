/**
 * Which tokenizer a run takes: the one that is named, else the model folder's own. Bytes are never a silent stand-in
 * for one that cannot be read: the ids, and so the loss, would be of another text.
 */
import type { Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
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

/** Of a folder's files, those that tell of a tokenizer, in words. */
function foundWords(names: readonly string[]): string {
  const found = names
    .filter(
      (name) => Object.hasOwn(foreign, name) || /^(tokenizer_config|special_tokens_map)\.json$/.test(name),
    )
    .sort()
    .map((name) => (foreign[name] ? `${name} (${foreign[name]})` : name));
  return found.length === 0 ? 'no file of a tokenizer' : found.join(', ');
}

/**
 * @param names Files of the model folder; undefined for a model without files.
 * @returns What to take: the model folder's own files, bytes, a named place, or none where ids are given.
 * @throws {UserError} `tokenizer/missing` for a folder without a tokenizer that can be read
 */
export function tokenizerChoice(
  { model, tokenizer, loadInputs }: TokenizerConfig,
  names: readonly string[] | undefined,
): { readonly place: string } | 'own' | Tokenizer {
  if (tokenizer) return { place: tokenizer };
  if (names === undefined) return { place: 'bytes' };
  if (readable.some((name) => names.includes(name))) return 'own';
  if (loadInputs !== undefined) return noTokenizer(model);
  throw new UserError(
    'tokenizer/missing',
    `--model ${model}: expected a tokenizer beside it (tokenizer.json, or vocab.json with merges.txt), found ${foundWords(names)}. Say --tokenizer FOLDER, or --tokenizer bytes to read a text as its bytes.`,
  );
}

/** What is to be said of a tokenizer beside a model that it may not belong to; empty where nothing is. */
export function mismatchWords(tokenizer: Tokenizer, vocabulary: number, trained: boolean): string {
  const ids = vocabulary.toLocaleString('en');
  if (tokenizer.vocabSize > vocabulary)
    return `; the model has ${ids} ids: a text with one of the others is refused`;
  const bytes = tokenizer.name === 'bytes' && tokenizer.vocabSize !== vocabulary;
  return bytes && trained
    ? `; the model has ${ids} ids, so it was trained with another tokenizer than bytes`
    : '';
}
