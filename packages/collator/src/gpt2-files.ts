/**
 * GPT-2's older pair of files, vocab.json and merges.txt, as the tokenizer.json object they would be today.
 * Nothing is written to disk. The settings are those of transformers' GPT2TokenizerFast.
 */
import { UserError } from '@nanscope/errors';
import { readObject, type TokenizerFolder } from './folder.ts';
import { isObject, type JsonObject } from './json-error.ts';
import { specialToken } from './transformers-settings.ts';

/** The token that GPT-2 uses for beginning, end and unknown alike. */
export const endOfText = '<|endoftext|>';

/** @throws UserError `tokenizer/missing`, `tokenizer/invalid` with the line, `tokenizer/json`. */
export async function tokenizerJsonFromGpt2Files(
  folder: TokenizerFolder,
  config: JsonObject,
): Promise<JsonObject> {
  const vocab = await readObject(folder, 'vocab.json');
  const merges = await folder.read('merges.txt');
  if (vocab === undefined || merges === undefined) {
    const found =
      vocab === undefined ? (merges === undefined ? 'none of them' : 'only merges.txt') : 'only vocab.json';
    throw new UserError(
      'tokenizer/missing',
      `No tokenizer in ${folder.name}: expected tokenizer.json, or vocab.json with merges.txt; found ${found}. Name the directory of a Hugging Face tokenizer, or bytes.`,
    );
  }
  checkVocabulary(vocab, folder.pathOf('vocab.json'));
  const addPrefixSpace = config.add_prefix_space === true;
  return {
    version: '1.0',
    added_tokens: await addedTokens(folder, vocab, config),
    normalizer: null,
    pre_tokenizer: {
      type: 'ByteLevel',
      add_prefix_space: addPrefixSpace,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: templateOf(vocab, config),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: null,
      vocab,
      merges: parseMerges(merges, folder.pathOf('merges.txt'), vocab),
    },
  };
}

/** The special tokens around a text that `add_bos_token` and `add_eos_token` ask for; `<|endoftext|>` where none is named. */
function templateOf(vocab: JsonObject, config: JsonObject): JsonObject {
  const tokens: Record<string, JsonObject> = {};
  const item = (role: 'bos' | 'eos') => {
    const token =
      specialToken(config, `${role}_token`) ?? (config[`${role}_token`] === null ? undefined : endOfText);
    const id = token === undefined ? undefined : vocab[token];
    if (config[`add_${role}_token`] !== true || token === undefined || id === undefined) return [];
    tokens[token] = { id: token, ids: [id], tokens: [token] };
    return [{ SpecialToken: { id: token, type_id: 0 } }];
  };
  const single = [...item('bos'), { Sequence: { id: 'A', type_id: 0 } }, ...item('eos')];
  return { type: 'TemplateProcessing', single, pair: [], special_tokens: tokens };
}

function checkVocabulary(vocab: JsonObject, path: string): void {
  const wrong = Object.entries(vocab).find(([, id]) => !Number.isInteger(id) || (id as number) < 0);
  if (wrong !== undefined) {
    throw new UserError(
      'tokenizer/invalid',
      `${path}: token ${JSON.stringify(wrong[0])} has id ${JSON.stringify(wrong[1])}; expected a whole number from 0. Fetch the file again.`,
    );
  }
  if (Object.keys(vocab).length === 0) {
    throw new UserError('tokenizer/invalid', `${path} holds no tokens. Fetch the file again.`);
  }
}

function parseMerges(text: string, path: string, vocab: JsonObject): [string, string][] {
  const merges: [string, string][] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#version')) continue;
    const [left, right, ...rest] = line.split(' ');
    if (!left || !right || rest.length > 0) {
      throw new UserError(
        'tokenizer/invalid',
        `${path}:${index + 1} is not a merge: expected two tokens with one space between them; got ${JSON.stringify(line)}.`,
      );
    }
    if (!Object.hasOwn(vocab, left + right)) {
      throw new UserError(
        'tokenizer/invalid',
        `${path}:${index + 1} makes ${JSON.stringify(left + right)}, which vocab.json does not hold. Take both files from the same tokenizer.`,
      );
    }
    merges.push([left, right]);
  }
  return merges;
}

/** <|endoftext|>, then what added_tokens.json and tokenizer_config.json add. */
async function addedTokens(
  folder: TokenizerFolder,
  vocab: JsonObject,
  config: JsonObject,
): Promise<JsonObject[]> {
  const tokens = new Map<number, JsonObject>();
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const end = vocab[endOfText];
  if (typeof end === 'number') tokens.set(end, { ...special, id: end, content: endOfText });
  const more = (await readObject(folder, 'added_tokens.json')) ?? {};
  for (const [content, id] of Object.entries(more)) {
    if (typeof id === 'number') tokens.set(id, { ...special, id, content });
  }
  const decoder = isObject(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  for (const [id, token] of Object.entries(decoder)) {
    if (isObject(token) && typeof token.content === 'string')
      tokens.set(Number(id), { ...special, ...token, id: Number(id) });
  }
  return [...tokens.values()];
}
