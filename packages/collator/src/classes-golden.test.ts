/** Replays what AutoTokenizer of transformers answered (golden/tokenizers/classes.py): each class over files that it builds anew. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { huggingFaceTokenizer } from './hf-tokenizer.ts';
import type { JsonObject } from './json-error.ts';
import { classOf } from './transformers-classes.ts';

interface GoldenCase {
  readonly name: string;
  readonly class: string;
  readonly model: string;
  readonly file: JsonObject;
  readonly config: JsonObject;
  readonly modelType: string;
  /** For each text its ids, and their text. */
  readonly results: readonly (readonly [readonly number[], string])[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../golden/tokenizers/${name}`, import.meta.url), 'utf8'));
const { models } = read('cases.json') as { readonly models: Readonly<Record<string, JsonObject>> };
const { texts, cases } = read('classes.json') as {
  readonly texts: readonly string[];
  readonly cases: readonly GoldenCase[];
};

describe.each(cases)('$name', ({ name, class: className, model, file, config, modelType, results }) => {
  const tokenizerJson = { ...file, model: models[model] };

  it('is read by the class of transformers', () => {
    const ours = classOf(tokenizerJson, config, modelType);
    expect(ours === 'generic' ? 'TokenizersBackend' : ours).toBe(className);
  });

  it('gives its ids, and its text', () => {
    const tokenizer = huggingFaceTokenizer({ name, tokenizerJson, config, modelType });
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(results.map(([ids]) => ids));
    expect(results.map(([ids]) => tokenizer.decode(ids))).toEqual(results.map(([, text]) => text));
  });
});

it('what a class builds anew is said, and what it finds as it would build it is not', () => {
  const notesOf = (name: string) => {
    const { model, file, config, modelType } = cases.find((one) => one.name === name)!;
    return huggingFaceTokenizer({
      name,
      tokenizerJson: { ...file, model: models[model] },
      config: { ...config, add_bos_token: undefined },
      modelType,
    }).notes;
  };
  expect(notesOf("Llama's")).toEqual([
    'normalizer and pre-tokenizer as LlamaTokenizer of transformers 5 builds it; 4.57 takes those of tokenizer.json',
  ]);
  expect(notesOf("GPT-2's with a prefix space")).toEqual([]);
  expect(notesOf("Gemma's")).toEqual([]);
});
