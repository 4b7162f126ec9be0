import { describe, expect, it } from 'vitest';
import { type BatchOptions, batches, byteTokenizer, type TextBatch, type TextRow } from './index.ts';

function textRows(count: number, seen: { pulled: number } = { pulled: 0 }): AsyncIterable<TextRow> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < count; i++) {
        seen.pulled++;
        yield { text: 'x'.repeat((i % 4) + 1), source: 'a.txt', line: i + 1 };
      }
    },
  };
}

async function collect(source: AsyncIterable<TextRow>, options: BatchOptions): Promise<TextBatch[]> {
  const out: TextBatch[] = [];
  for await (const batch of batches(source, byteTokenizer(), options)) out.push(batch);
  return out;
}

describe('batches', () => {
  it('fills batches in order; the last may be smaller', async () => {
    const all = await collect(textRows(7), { batchSize: 3 });
    expect(all.map(({ index, batch, rows }) => [index, batch.batch, rows.map((row) => row.line)])).toEqual([
      [0, 3, [1, 2, 3]],
      [1, 3, [4, 5, 6]],
      [2, 1, [7]],
    ]);
  });

  it('pads with the token of the tokenizer, on the side asked for', async () => {
    const [first] = await collect(textRows(2), { batchSize: 2, paddingSide: 'right' });
    expect(Array.from(first!.batch.inputIds)).toEqual([120, 257, 120, 120]);
    const [other] = await collect(textRows(2), { batchSize: 2, padTokenId: 0 });
    expect(Array.from(other!.batch.inputIds)).toEqual([0, 120, 120, 120]);
  });

  it.each([
    [1, [1]],
    [4, [3, 1]],
    [6, [3, 3]],
    [99, [3, 3, 1]],
  ])('stops after %i rows, without asking for another', async (limit, sizes) => {
    const seen = { pulled: 0 };
    const all = await collect(textRows(7, seen), { batchSize: 3, limit });
    expect(all.map(({ batch }) => batch.batch)).toEqual(sizes);
    expect(seen.pulled).toBe(Math.min(limit, 7));
  });

  it('reads a batch only when it is asked for', async () => {
    const seen = { pulled: 0 };
    const stream = batches(textRows(100, seen), byteTokenizer(), { batchSize: 5 });
    await stream.next();
    expect(seen.pulled).toBe(5);
    await stream.next();
    expect(seen.pulled).toBe(10);
    await stream.return();
  });

  it('passes the collator its options', async () => {
    const [first] = await collect(textRows(4), { batchSize: 4, maxLength: 2, padToMultipleOf: 4 });
    expect(first!.batch).toMatchObject({ length: 4, truncated: 2, lengths: [1, 2, 2, 2] });
  });

  it.each([
    [{ batchSize: 0 }, 'collator/batch-size', /batchSize must be .* got 0/],
    [{ batchSize: 1.5 }, 'collator/batch-size', /got 1\.5/],
    [{ batchSize: Number.NaN }, 'collator/batch-size', /got NaN/],
    [{ batchSize: 1, limit: 0 }, 'collator/limit', /limit must be/],
    [
      { batchSize: 1, vocabSize: 100 },
      'collator/id-out-of-range',
      /Row 0 \(a\.txt:1\), position 0: token id 120/,
    ],
  ])('refuses %j', async (options, code, message) => {
    await expect(collect(textRows(2), options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
