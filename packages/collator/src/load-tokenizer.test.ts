import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer, tokenizerWords } from './index.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nanscope-tokenizers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A new directory with these files; anything but a string is written as JSON. */
function directory(files: Record<string, unknown>): string {
  const path = join(folder, String(count++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return path;
}

/** A small byte-level BPE: Ġ is a blank, Ċ a line break, the others are what they look like. */
const vocab = {
  a: 0,
  b: 1,
  Ġ: 2,
  ab: 3,
  Ġab: 4,
  Ċ: 5,
  abab: 6,
  '<|endoftext|>': 7,
  ï: 8,
  '¿': 9,
  '½': 10,
  Â: 11,
  ħ: 12,
};
const merges = '#version: 0.2\na b\nĠ ab\nab ab\n';
const gpt2 = { 'vocab.json': vocab, 'merges.txt': merges };

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
const tokenizerJson = {
  version: '1.0',
  added_tokens: [{ id: 7, content: '<|endoftext|>', special: true }],
  normalizer: null,
  pre_tokenizer: byteLevel,
  post_processor: byteLevel,
  decoder: byteLevel,
  model: { type: 'BPE', vocab, merges: ['a b', 'Ġ ab', 'ab ab'] },
};

describe('loadTokenizer', () => {
  it('knows the built-in one by name', async () => {
    expect((await loadTokenizer('bytes')).vocabSize).toBe(258);
  });

  it.each([
    ['vocab.json and merges.txt', gpt2],
    ['merges.txt with CRLF', { ...gpt2, 'merges.txt': merges.replaceAll('\n', '\r\n') }],
    ['tokenizer.json', { 'tokenizer.json': tokenizerJson }],
    [
      'tokenizer.json with merges as pairs',
      {
        'tokenizer.json': {
          ...tokenizerJson,
          model: {
            ...tokenizerJson.model,
            merges: [
              ['a', 'b'],
              ['Ġ', 'ab'],
              ['ab', 'ab'],
            ],
          },
        },
      },
    ],
    [
      'both, of which tokenizer.json wins',
      { ...gpt2, 'vocab.json': { a: 0 }, 'tokenizer.json': tokenizerJson },
    ],
  ])('reads %s', async (_, files) => {
    const tokenizer = await loadTokenizer(directory(files));
    expect(tokenizer.vocabSize).toBe(13);
    expect(tokenizer.encode('ab ab abab\n<|endoftext|>a')).toEqual([3, 4, 4, 3, 5, 7, 0]);
    expect(tokenizer.encode('abab')).toEqual([6]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    for (const text of ['ab ab\n', 'a<|endoftext|>b', ' ', 'abababab']) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer.decode(Int32Array.of(3, 7))).toBe('ab<|endoftext|>');
  });

  it('reads lone surrogates as U+FFFD', async () => {
    const tokenizer = await loadTokenizer(directory(gpt2));
    expect(tokenizer.encode('a\ud800b')).toEqual(tokenizer.encode('a\uFFFDb'));
    expect(tokenizer.encode('a\udc00')).toEqual([0, 8, 9, 10]);
  });

  it('splits at the white space of Unicode, U+0085 but not U+FEFF, as Hugging Face does', async () => {
    // The merges join a full stop with the first byte of either; only within one piece of the split can they apply.
    const more = { ...vocab, '.': 13, '.Â': 14, '»': 15, '.ï': 16 };
    const model = { ...tokenizerJson.model, vocab: more, merges: ['. Â', '. ï'] };
    const tokenizer = await loadTokenizer(directory({ 'tokenizer.json': { ...tokenizerJson, model } }));
    expect(tokenizer.encode('.\u0085')).toEqual([13, 11, 12]);
    expect(tokenizer.encode('.\uFEFF')).toEqual([16, 15, 9]);
    const sequence = { type: 'Sequence', pretokenizers: [byteLevel] };
    const nested = await loadTokenizer(
      directory({ 'tokenizer.json': { ...tokenizerJson, model, pre_tokenizer: sequence } }),
    );
    expect(nested.encode('.\u0085.\uFEFF')).toEqual([13, 11, 12, 16, 15, 9]);
  });

  it('reads a list of words too, with its unknown token', async () => {
    const words = { '[UNK]': 0, '[PAD]': 1, one: 2, two: 3 };
    const model = { type: 'WordLevel', vocab: words, unk_token: '[UNK]' };
    const json = {
      ...tokenizerJson,
      added_tokens: [],
      decoder: null,
      post_processor: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model,
    };
    const tokenizer = await loadTokenizer(
      directory({ 'tokenizer.json': json, 'tokenizer_config.json': { pad_token: '[PAD]' } }),
    );
    expect(tokenizer).toMatchObject({ vocabSize: 4, padTokenId: 1 });
    expect(tokenizer.encode('two  three one')).toEqual([3, 0, 2]);
    expect(tokenizer.decode([3, 0, 2])).toBe('two [UNK] one');
    const strict = await loadTokenizer(
      directory({ 'tokenizer.json': { ...json, model: { type: 'WordLevel', vocab: words } } }),
    );
    expect(() => strict.encode('two three')).toThrow(/cannot encode "two three".*no unknown token/);
  });

  it('tidies blanks before punctuation when decoding as transformers 5 does: where the files say so, and not for BPE', async () => {
    const clean = { clean_up_tokenization_spaces: true };
    const spaced = { ...gpt2, 'vocab.json': { ...vocab, '.': 13 } };
    const plain = await loadTokenizer(directory(spaced));
    expect(plain.decode([0, 2, 13])).toBe('a .');
    const bpe = await loadTokenizer(directory({ ...spaced, 'tokenizer_config.json': clean }));
    expect(bpe.decode([0, 2, 13])).toBe('a .');
    expect(bpe.notes?.join()).toMatch(/clean_up_tokenization_spaces is left aside for BPE/);
    const insists = {
      ...clean,
      clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: true,
    };
    const forced = await loadTokenizer(directory({ ...spaced, 'tokenizer_config.json': insists }));
    expect(forced.decode([0, 2, 13])).toBe('a.');
    const words = { type: 'WordLevel', vocab: { two: 0, '.': 1 } };
    const wordLevel = await loadTokenizer(
      directory({ 'tokenizer.json': { model: words }, 'tokenizer_config.json': clean }),
    );
    expect(wordLevel.decode([0, 1])).toBe('two.');
  });
});

describe('special tokens', () => {
  const special = async (files: Record<string, unknown>) => {
    const { padTokenId, eosTokenId, bosTokenId, vocabSize } = await loadTokenizer(directory(files));
    return [padTokenId, eosTokenId, bosTokenId, vocabSize];
  };

  it('GPT-2 files alone: end of text for both ends, and no pad token', async () => {
    expect(await special(gpt2)).toEqual([undefined, 7, 7, 13]);
    const silent = { ...gpt2, 'tokenizer_config.json': { eos_token: null, bos_token: 'a' } };
    expect(await special(silent)).toEqual([undefined, undefined, 0, 13]);
    const { '<|endoftext|>': _, ...without } = vocab;
    expect(await special({ ...gpt2, 'vocab.json': without })).toEqual([undefined, undefined, undefined, 13]);
  });

  it('tokenizer.json alone names none', async () => {
    expect(await special({ 'tokenizer.json': tokenizerJson })).toEqual([undefined, undefined, undefined, 13]);
  });

  it.each([
    [
      'tokenizer_config.json',
      { 'tokenizer_config.json': { pad_token: '<|endoftext|>', eos_token: null } },
      [7, undefined, undefined, 13],
    ],
    [
      'special_tokens_map.json',
      { 'special_tokens_map.json': { pad_token: { content: 'a' } } },
      [0, undefined, undefined, 13],
    ],
    [
      'both, of which tokenizer_config.json wins',
      { 'special_tokens_map.json': { pad_token: 'a' }, 'tokenizer_config.json': { pad_token: 'b' } },
      [1, undefined, undefined, 13],
    ],
  ])('come from %s', async (_, files, expected) => {
    expect(await special({ 'tokenizer.json': tokenizerJson, ...files })).toEqual(expected);
  });

  it.each([
    ['added_tokens.json', { 'added_tokens.json': { '[PAD]': 13 } }],
    [
      'added_tokens_decoder',
      {
        'tokenizer_config.json': {
          pad_token: '[PAD]',
          added_tokens_decoder: { 13: { content: '[PAD]', special: true } },
        },
      },
    ],
  ])('may be added to GPT-2 files by %s', async (_, files) => {
    const path = directory({ ...gpt2, 'tokenizer_config.json': { pad_token: '[PAD]' }, ...files });
    const tokenizer = await loadTokenizer(path);
    expect(tokenizer).toMatchObject({ padTokenId: 13, vocabSize: 14 });
    expect(tokenizer.encode('a[PAD]b')).toEqual([0, 13, 1]);
  });
});

describe('settings of transformers', () => {
  const withConfig = (files: Record<string, unknown>, config: object) =>
    loadTokenizer(directory({ ...files, 'tokenizer_config.json': config }));
  const inJson = (changes: object) => ({ 'tokenizer.json': { ...tokenizerJson, ...changes } });

  it('GPT-2 files: add_bos_token and add_eos_token put end of text around each text', async () => {
    const around = await withConfig(gpt2, { add_bos_token: true, add_eos_token: true });
    expect(around.encode('ab a')).toEqual([7, 3, 2, 0, 7]);
    expect(around.encode('')).toEqual([7, 7]);
    expect(tokenizerWords(around)).toContain(
      'puts 7 before each text, puts 7 after each text; add_eos_token',
    );
    const before = await withConfig(gpt2, { add_bos_token: true, bos_token: 'b' });
    expect(before.encode('a')).toEqual([1, 0]);
    expect((await withConfig(gpt2, { add_bos_token: true, bos_token: null })).encode('a')).toEqual([0]);
  });

  it('tokenizer.json: its post-processor decides, and the report says so', async () => {
    const tokenizer = await withConfig(inJson({}), { add_bos_token: true, bos_token: '<|endoftext|>' });
    expect(tokenizer.encode('a')).toEqual([0]);
    expect(tokenizerWords(tokenizer)).toContain('add_bos_token is left aside');
  });

  it('add_prefix_space is that of tokenizer_config.json for GPT-2, of tokenizer.json for the generic class', async () => {
    const prefixed = inJson({ pre_tokenizer: { ...byteLevel, add_prefix_space: true } });
    expect((await withConfig(gpt2, { add_prefix_space: true })).encode('ab')).toEqual([4]);
    expect((await withConfig(prefixed, { tokenizer_class: 'GPT2TokenizerFast' })).encode('ab')).toEqual([3]);
    const generic = await withConfig(prefixed, { tokenizer_class: 'PreTrainedTokenizerFast' });
    expect(generic.encode('ab')).toEqual([4]);
    expect(tokenizerWords(generic)).toContain('4.57 takes false from tokenizer_config.json');
  });

  it('a special token that is only named in tokenizer_config.json is found in a text', async () => {
    const spelled = inJson({ added_tokens: [] });
    expect((await withConfig(spelled, {})).encode('a')).toEqual([0]);
    expect((await withConfig(spelled, { eos_token: '<|endoftext|>' })).encode('a<|endoftext|>')).toEqual([
      0, 7,
    ]);
    const object = { pad_token: { content: '<|endoftext|>', lstrip: true } };
    expect((await withConfig(spelled, object)).encode('a <|endoftext|>')).toEqual([0, 7]);
  });

  it('flags in added_tokens_decoder win over those of tokenizer.json', async () => {
    const added_tokens_decoder = { 7: { content: '<|endoftext|>', rstrip: true } };
    expect((await withConfig(inJson({}), { added_tokens_decoder })).encode('<|endoftext|> a')).toEqual([
      7, 0,
    ]);
  });

  it('names truncation and padding, which it leaves aside as transformers does', async () => {
    const tokenizer = await withConfig(inJson({ truncation: { max_length: 1 }, padding: { length: 9 } }), {});
    expect(tokenizer.encode('ab a')).toEqual([3, 2, 0]);
    expect(tokenizerWords(tokenizer)).toMatch(/truncation of .* left aside.*; padding of .* left aside/);
  });
});

describe('loadTokenizer errors', () => {
  const cases: [string, Record<string, unknown>, string, RegExp][] = [
    [
      'no files',
      {},
      'tokenizer/missing',
      /expected tokenizer\.json, or vocab\.json with merges\.txt; found none/,
    ],
    ['vocab.json without merges.txt', { 'vocab.json': vocab }, 'tokenizer/missing', /found only vocab\.json/],
    [
      'merges.txt without vocab.json',
      { 'merges.txt': merges },
      'tokenizer/missing',
      /found only merges\.txt/,
    ],
    [
      'broken tokenizer.json',
      { 'tokenizer.json': '{\n "model": {\n  "vocab": {,' },
      'tokenizer/json',
      /tokenizer\.json:3:13 is not valid JSON/,
    ],
    [
      'cut off vocab.json',
      { 'vocab.json': '{"a": 0,\n"b"', 'merges.txt': merges },
      'tokenizer/json',
      /vocab\.json:2:4 is not valid JSON/,
    ],
    [
      'broken tokenizer_config.json',
      { ...gpt2, 'tokenizer_config.json': '{' },
      'tokenizer/json',
      /tokenizer_config\.json:1:2/,
    ],
    [
      'vocab.json that is a list',
      { 'vocab.json': '[]', 'merges.txt': merges },
      'tokenizer/json',
      /holds no JSON object/,
    ],
    [
      'an empty vocabulary',
      { 'vocab.json': {}, 'merges.txt': merges },
      'tokenizer/invalid',
      /holds no tokens/,
    ],
    [
      'an id that is none',
      { ...gpt2, 'vocab.json': { ...vocab, b: '1' } },
      'tokenizer/invalid',
      /token "b" has id "1"; expected a whole number/,
    ],
    [
      'a merge of three',
      { ...gpt2, 'merges.txt': '#version: 0.2\na b\na b c\n' },
      'tokenizer/invalid',
      /merges\.txt:3 is not a merge/,
    ],
    [
      'a merge the vocabulary lacks',
      { ...gpt2, 'merges.txt': 'b b\n' },
      'tokenizer/invalid',
      /merges\.txt:1 makes "bb"/,
    ],
    [
      'tokenizer.json without a model',
      { 'tokenizer.json': { version: '1.0' } },
      'tokenizer/invalid',
      /no model\.vocab/,
    ],
    [
      'a model the library does not know',
      { 'tokenizer.json': { ...tokenizerJson, model: { type: 'Quantum', vocab } } },
      'tokenizer/invalid',
      /cannot be used/,
    ],
    [
      'a part that is not known',
      { 'tokenizer.json': { ...tokenizerJson, pre_tokenizer: { type: 'UnicodeScripts' } } },
      'tokenizer/invalid',
      /its pre-tokenizer is "UnicodeScripts"; known are ByteLevel, /,
    ],
    [
      'a setting that is not known',
      { 'tokenizer.json': { ...tokenizerJson, normalizer: { type: 'NFC', mood: 1 } } },
      'tokenizer/invalid',
      /its normalizer NFC has the setting "mood", which is not known here/,
    ],
    [
      'a behavior that is not known',
      {
        'tokenizer.json': {
          ...tokenizerJson,
          pre_tokenizer: { type: 'Split', pattern: { String: 'a' }, behavior: 'Sideways' },
        },
      },
      'tokenizer/invalid',
      /its pre-tokenizer Split has behavior "Sideways"; known are Removed, /,
    ],
    [
      'two Metaspace that mark the first piece only',
      {
        'tokenizer.json': {
          ...tokenizerJson,
          pre_tokenizer: {
            type: 'Sequence',
            pretokenizers: [
              { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
              { type: 'Punctuation' },
              { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
            ],
          },
        },
      },
      'tokenizer/invalid',
      /its pre-tokenizer Sequence has more than one Metaspace with prepend_scheme "first"/,
    ],
    [
      'dropout',
      { 'tokenizer.json': { ...tokenizerJson, model: { ...tokenizerJson.model, dropout: 0.1 } } },
      'tokenizer/invalid',
      /its model BPE has dropout 0\.1: its ids are drawn at random/,
    ],
    [
      'an added token whose id is not the next',
      { 'tokenizer.json': { ...tokenizerJson, added_tokens: [{ id: 20, content: '[X]' }] } },
      'tokenizer/invalid',
      /added token "\[X\]" has id 20, and 13 once it is loaded/,
    ],
    [
      'a pad token that does not exist',
      { ...gpt2, 'tokenizer_config.json': { pad_token: '[PAD]' } },
      'tokenizer/special-token',
      /pad token "\[PAD\]".*not in the vocabulary/,
    ],
  ];
  it.each(cases)('%s', async (_, files, code, message) => {
    const thrown = await loadTokenizer(directory(files)).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code, exitCode: 2, message: expect.stringMatching(message) });
  });

  it.each([
    ['no such directory', () => join(folder, 'absent'), /there is no such directory/],
    ['a file', () => join(directory({ x: '' }), 'x'), /this is a file/],
    ['an empty name', () => '', /\(empty name\)/],
  ])('%s', async (_, path, message) => {
    await expect(loadTokenizer(path())).rejects.toMatchObject({
      code: 'tokenizer/missing',
      message: expect.stringMatching(message),
    });
  });

  it.each([[13], [-1], [Number.NaN]])('an id to decode that does not exist: %d', async (id) => {
    const tokenizer = await loadTokenizer(directory(gpt2));
    expect(() => tokenizer.decode([0, id])).toThrow(/has no token .* \(position 1; vocabulary size 13\)/);
  });
});
