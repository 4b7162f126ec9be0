/** Replays what Hugging Face's tokenizers answered (golden/tokenizers/make.py): ids of hostile texts, and back. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { huggingFaceTokenizer } from './hf-tokenizer.ts';
import type { Tokenizer } from './index.ts';
import type { JsonObject } from './json-error.ts';

interface GoldenCase extends JsonObject {
  readonly name: string;
  readonly model: string;
  readonly config: JsonObject;
  /** For each text its ids, and their text. */
  readonly results: readonly (readonly [readonly number[], string])[];
}

const folder = new URL('../../../golden/tokenizers/', import.meta.url);
const written = readFileSync(new URL('cases.json', folder), 'utf8');
const { texts, models, cases } = JSON.parse(written) as {
  readonly texts: readonly string[];
  readonly models: Readonly<Record<string, JsonObject>>;
  readonly cases: readonly GoldenCase[];
};
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly cases: number;
  readonly sha256: string;
};

function tokenizerOf({ name, model, config, results: _, ...parts }: GoldenCase): Tokenizer {
  const tokenizerJson = { version: '1.0', ...parts, model: models[model] };
  return huggingFaceTokenizer({
    name,
    tokenizerJson,
    config: { ...config, tokenizer_class: 'TokenizersBackend' },
  });
}

it('the recording is the one the manifest tells of', () => {
  expect(createHash('sha256').update(written).digest('hex')).toBe(manifest.sha256);
  expect(cases).toHaveLength(manifest.cases);
});

describe.each(cases)('$name', (golden) => {
  const tokenizer = tokenizerOf(golden);

  it('gives the ids of tokenizers', () => {
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(golden.results.map(([ids]) => ids));
  });

  it('gives the text of tokenizers', () => {
    expect(golden.results.map(([ids]) => tokenizer.decode(ids))).toEqual(
      golden.results.map(([, text]) => text),
    );
  });
});
