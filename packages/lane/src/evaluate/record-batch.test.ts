import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collateCausalLM } from '@nanscope/collator';
import { folderSink } from '@nanscope/record';
import { supervisedRows } from '@nanscope/trainer';
import { afterAll, describe, expect, it } from 'vitest';
import { meanLoss } from './lane-record.ts';
import { recordBatch, sampleLines } from './record-batch.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-record-'));
afterAll(() => rmSync(folder, { recursive: true }));

const batch = collateCausalLM([{ ids: [1, 2, 3] }, { ids: [4] }], { paddingSide: 'left', padTokenId: 0 });
const supervised = supervisedRows(batch.labels, [2, 3], 10);
const result = {
  supervised,
  losses: Float32Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY),
  answers: Int32Array.of(2, -1, -1),
};
const rows = [
  { text: 'a', source: 'x.txt', line: 7 },
  { text: 'b', source: 'x.txt', line: 9 },
];

describe('what a lane writes after a batch', () => {
  it('one line a row: where it came from, its labels by position, losses that survive JSON', () => {
    expect(sampleLines({ index: 0, batch, rows }, result, 10)).toEqual([
      {
        row: 10,
        source: 'x.txt',
        line: 7,
        text: 'a',
        tokens: 3,
        first: 0,
        positions: [1, 2],
        labels: [2, 3],
        losses: [0.5, 'NaN'],
        answers: [2, -1],
      },
      // The only real token of a left-padded row is predicted from the last pad.
      {
        row: 11,
        source: 'x.txt',
        line: 9,
        text: 'b',
        tokens: 1,
        first: 2,
        positions: [2],
        labels: [4],
        losses: ['Infinity'],
        answers: [-1],
      },
    ]);
  });

  it('of a long text its beginning, whole characters only', () => {
    const long = [{ ...rows[0]!, text: `${'x'.repeat(499)}\u{1f600}yy` }, rows[1]!];
    const [line] = sampleLines({ index: 0, batch, rows: long }, result, 0);
    expect(line!.text).toBe('x'.repeat(499));
  });

  it('one line of figures a batch, never null for a number that is not finite', () => {
    recordBatch(folderSink(folder), { index: 3, batch, rows }, result, 10, 0.25);
    const line = JSON.parse(readFileSync(join(folder, 'metrics.jsonl'), 'utf8'));
    expect(line).toEqual({ batch: 3, rows: 2, tokens: 3, lossSum: 'NaN', nonFinite: 2, seconds: 0.25 });
  });
});

it('the mean of no loss is NaN, and one NaN makes it NaN', () => {
  expect(meanLoss(Float32Array.of(1, 2))).toBe(1.5);
  expect(meanLoss(new Float32Array())).toBeNaN();
  expect(meanLoss(Float32Array.of(1, Number.NaN))).toBeNaN();
});
