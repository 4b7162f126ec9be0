/** What a lane writes down after each batch: one line of figures, and one line per row with its per-token losses. */

import {
  type BatchLine,
  type JsonNumber,
  type RecordSink,
  type SampleLine,
  toJsonNumber,
} from '@nanscope/record';
import type { EvalBatch } from '../data/collation.ts';
import type { BatchResult } from './evaluate-batch.ts';

/** Characters of a row's text that are recorded: a book may stand in one line. */
const MOST_TEXT = 500;

const beginning = (text: string) => text.slice(0, MOST_TEXT).replace(/[\uD800-\uDBFF]$/, '');

/** Pure: the lines of one batch. */
export function sampleLines(evalBatch: EvalBatch, result: BatchResult, firstRow: number): SampleLine[] {
  const { batch, rows } = evalBatch;
  const lines = Array.from({ length: batch.batch }, (_, row) => ({
    row: firstRow + row,
    ...(rows[row] ? { source: rows[row].source, line: rows[row].line, text: beginning(rows[row].text) } : {}),
    tokens: batch.lengths[row]!,
    first: batch.attentionMask.subarray(row * batch.length, (row + 1) * batch.length).indexOf(1),
    positions: [] as number[],
    labels: [] as number[],
    losses: [] as JsonNumber[],
    answers: [] as number[],
  }));
  result.supervised.rows.forEach((position, i) => {
    const line = lines[Math.floor(position / batch.length)]!;
    line.positions.push((position % batch.length) + 1);
    line.labels.push(result.supervised.labels[i]!);
    line.losses.push(toJsonNumber(result.losses[i]!));
    line.answers.push(result.answers[i]!);
  });
  return lines;
}

export function recordBatch(
  sink: RecordSink,
  evalBatch: EvalBatch,
  result: BatchResult,
  firstRow: number,
  seconds: number,
): void {
  for (const line of sampleLines(evalBatch, result, firstRow)) sink.append('samples.jsonl', line);
  let lossSum = 0;
  let nonFinite = 0;
  for (const loss of result.losses) {
    lossSum += loss;
    if (!Number.isFinite(loss)) nonFinite++;
  }
  const line: BatchLine = {
    batch: evalBatch.index,
    rows: evalBatch.batch.batch,
    tokens: result.losses.length,
    lossSum: toJsonNumber(lossSum),
    nonFinite,
    seconds,
  };
  sink.append('metrics.jsonl', line);
}
