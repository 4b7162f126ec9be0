import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const files = (...paths: string[]) => paths.map((path) => ({ path, file: new File([], path) }));

describe('what was dropped', () => {
  it.each([
    ['model', 'gpt2', ['gpt2/config.json', 'gpt2/model.safetensors', 'gpt2/merges.txt', 'gpt2/README.md']],
    ['model', 'gpt2', ['gpt2/config.json', 'gpt2/model-00001-of-00002.safetensors']],
    ['data', 'corpus.txt', ['corpus.txt']],
    ['data', 'texts', ['texts/a.md', 'texts/b.jsonl', 'texts/c.png']],
    ['run', 'nanscope-1.zip', ['nanscope-1.zip']],
    ['run', 'result.json', ['result.json']],
    ['run', 'a', ['a/run.json', 'a/config.json', 'a/target/run.json']],
  ] as const)('%s %s: %j', (kind, name, paths) => {
    expect(classify(files(...paths))).toMatchObject({ kind, name });
  });

  it('of a folder of texts, the texts alone are taken', () => {
    expect(classify(files('texts/a.md', 'texts/c.png')).files).toHaveLength(1);
  });

  it.each([
    [['model.safetensors'], /config\.json and model\.safetensors together, found only weights/],
    [['m/config.json', 'm/tokenizer.json'], /found only config\.json/],
    [['config.json'], /found only config\.json/],
    [['picture.png'], /^picture\.png: expected a model folder/],
    [[], /found nothing/],
  ] as const)('%j is refused in one sentence', (paths, words) => {
    expect(() => classify(files(...paths))).toThrow(words);
  });
});
