import { byteTokenizer } from '@nanscope/collator';
import { describe, expect, it } from 'vitest';
import { mismatchWords, tokenizerChoice } from './tokenizer-choice.ts';

const names = ['config.json', 'model.safetensors'];

describe('tokenizerChoice', () => {
  it.each([
    ['the one that is named', { tokenizer: 'bytes' }, names, { place: 'bytes' }],
    ["the model folder's own", {}, [...names, 'tokenizer.json'], 'own'],
    ["the model folder's own, of the older form", {}, [...names, 'vocab.json', 'merges.txt'], 'own'],
    ['bytes for a model without files', {}, undefined, { place: 'bytes' }],
  ])('takes %s', (_, config, found, expected) => {
    expect(tokenizerChoice({ model: 'm', ...config }, found)).toEqual(expected);
  });

  it.each([
    ['nothing', [], /found no file of a tokenizer\. Say --tokenizer FOLDER, or --tokenizer bytes/],
    [
      'WordPiece',
      ['vocab.txt', 'tokenizer_config.json'],
      /found tokenizer_config\.json, vocab\.txt \(of WordPiece\)\./,
    ],
    ['SentencePiece', ['tokenizer.model'], /found tokenizer\.model \(of SentencePiece\)\./],
    ['half of a pair', ['merges.txt'], /found merges\.txt \(without vocab\.json\)\./],
  ])('never takes bytes in silence: %s is refused by what was found', (_, found, message) => {
    const choose = () => tokenizerChoice({ model: 'm' }, [...names, ...found]);
    expect(choose).toThrow(message);
    expect(choose).toThrow(expect.objectContaining({ code: 'tokenizer/missing', exitCode: 2 }));
  });

  it('takes bytes for a model of exactly their ids, and only without another tokenizer beside it', () => {
    const ids = { vocabulary: 258, eosTokenId: 256, padTokenId: 257 };
    expect(tokenizerChoice({ model: 'm' }, names, ids)).toEqual({ place: 'bytes' });
    const refused = (more: Partial<typeof ids>, found: string[] = []) =>
      expect(() => tokenizerChoice({ model: 'm' }, [...names, ...found], { ...ids, ...more })).toThrow(
        'expected a tokenizer',
      );
    refused({ vocabulary: 300 });
    refused({ eosTokenId: 0 });
    refused({}, ['vocab.txt']);
  });

  it('where ids are given none is needed, and none is made up', () => {
    const none = tokenizerChoice({ model: 'm', loadInputs: 'ids.safetensors' }, names);
    expect(none).toMatchObject({ name: 'none', vocabSize: 0 });
  });
});

describe('mismatchWords', () => {
  const bytes = byteTokenizer();
  it('speaks of bytes under a model that was trained with another vocabulary, and of ids a model lacks', () => {
    expect(mismatchWords(bytes, 258, true)).toBe('');
    expect(mismatchWords(bytes, 50257, false)).toBe('');
    expect(mismatchWords(bytes, 50257, true)).toContain(
      '50,257 ids, so it was trained with another tokenizer',
    );
    expect(mismatchWords(bytes, 100, true)).toContain('100 ids: a text with one of the others is refused');
  });
});
