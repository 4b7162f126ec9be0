import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from './index.ts';
import { byteLevel, directory, gpt2, merges, tokenizerJson, vocab } from './testing/tokenizer-folders.ts';

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
    ['no such directory', () => join(directory({}), 'absent'), /there is no such directory/],
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
