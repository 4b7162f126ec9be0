/** Special tokens and the settings of transformers, wherever the files of a tokenizer say them. */
import { describe, expect, it } from 'vitest';
import { loadTokenizer, tokenizerWords } from './index.ts';
import { byteLevel, directory, gpt2, tokenizerJson, vocab } from './testing/tokenizer-folders.ts';

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
