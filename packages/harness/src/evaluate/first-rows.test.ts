import { batches, builtinTextPath, byteTokenizer, type CausalLMBatch, readTexts } from '@nanscope/collator';
import { expect, it } from 'vitest';
import { firstRows } from './first-rows.ts';

const software = { software: true };

it('a software adapter is given the beginning of the built-in text, and the record says so', () => {
  expect(firstRows({}, software, 159)).toEqual({
    limit: 16,
    cut: { of: 159, reason: expect.stringMatching(/software adapter.*--limit 159 evaluates all/) },
  });
});

it.each([
  ['a limit', { limit: 159 }],
  ['a text', { data: 'corpus.txt' }],
  ['standard input', { data: '-' }],
  ['a ready batch', { loadInputs: 'batch.safetensors' }],
])('%s that was asked for is never cut', (_, config) => {
  expect(firstRows(config, software, 159)).toBeUndefined();
});

it('a real GPU and a CPU evaluate every row', () => {
  expect(firstRows({}, { software: false }, 159)).toBeUndefined();
});

it('a text that is short anyway is not cut', () => {
  expect(firstRows({}, software, 16)).toBeUndefined();
});

it('shows what all rows show: more than one batch, each with left padding in front of rows of several lengths', async () => {
  const { limit } = firstRows({}, software, 159)!;
  const made: CausalLMBatch[] = [];
  const options = { batchSize: 8, maxLength: 128, paddingSide: 'left', positionIds: 'mask', limit } as const;
  for await (const { batch } of batches(readTexts({ path: builtinTextPath }), byteTokenizer(), options))
    made.push(batch);
  expect(made).toHaveLength(2);
  for (const { attentionMask, length, lengths, batch } of made) {
    const padded = Array.from({ length: batch }, (_, row) => attentionMask[row * length] === 0);
    expect(padded.filter(Boolean).length).toBeGreaterThan(1);
    expect(new Set(lengths).size).toBeGreaterThan(2);
  }
});
