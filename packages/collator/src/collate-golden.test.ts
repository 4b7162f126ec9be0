/** Replays what transformers' own collator answered (golden/collator/make.py). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CollateOptions, collateCausalLM, type Side } from './index.ts';

interface GoldenCase {
  name: string;
  rows: number[][];
  masks: number[][] | null;
  bare: boolean;
  options: {
    paddingSide: Side;
    padTokenId: number | null;
    padToMultipleOf: number | null;
    maxLength: number | null;
    truncationSide: Side | null;
  };
  batch?: { input_ids: number[][]; attention_mask?: number[][]; labels: number[][] };
  error?: string;
}

/** Where we do more than transformers, and why. */
const weAccept: Record<string, string> = {
  'equal rows without a pad token': 'nothing is padded, so no pad token is needed',
};

const folder = new URL('../../../golden/collator/', import.meta.url);
const text = readFileSync(new URL('cases.json', folder), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  sha256: string;
  cases: number;
  vocabSize: number;
};
const cases = JSON.parse(text) as GoldenCase[];

describe('DataCollatorForLanguageModeling(mlm=False), recorded', () => {
  it('the record is the one its manifest describes', () => {
    expect(createHash('sha256').update(text).digest('hex')).toBe(manifest.sha256);
    expect(cases).toHaveLength(manifest.cases);
  });

  it.each(cases)('$name', ({ name, rows, masks, bare, options: given, batch: expected, error }) => {
    const options: CollateOptions = {
      paddingSide: given.paddingSide,
      padTokenId: given.padTokenId ?? undefined,
      padToMultipleOf: given.padToMultipleOf ?? undefined,
      maxLength: given.maxLength ?? undefined,
      truncationSide: given.truncationSide ?? 'right',
      attentionMask: bare ? 'none' : 'padding',
      vocabSize: manifest.vocabSize,
    };
    const tokenRows = rows.map((ids, i) => (masks === null ? { ids } : { ids, attentionMask: masks[i]! }));
    if (expected === undefined) {
      if (name in weAccept) expect(collateCausalLM(tokenRows, options).length).toBe(rows[0]!.length);
      else expect(() => collateCausalLM(tokenRows, options), error).toThrow(/no pad token/);
      return;
    }
    const batch = collateCausalLM(tokenRows, options);
    expect([batch.batch, batch.length]).toEqual([expected.input_ids.length, expected.input_ids[0]!.length]);
    expect(Array.from(batch.inputIds)).toEqual(expected.input_ids.flat());
    expect(Array.from(batch.labels)).toEqual(expected.labels.flat());
    const mask = expected.attention_mask?.flat() ?? expected.input_ids.flat().map(() => 1);
    expect(Array.from(batch.attentionMask)).toEqual(mask);
  });
});
