/** The accumulated figures of a lane in the words of the result schema. */
import { type MetricsRecord, toJsonNumber } from '@nanscope/record';
import type { EvalAccumulator } from '@nanscope/trainer';

export interface Counts {
  readonly rows: number;
  readonly batches: number;
  readonly seconds: number;
  /** Tokens fed in, padding excluded. */
  readonly inputTokens: number;
}

export function metricsRecord(accumulator: EvalAccumulator, counts: Counts): MetricsRecord {
  const metrics = accumulator.metrics();
  return {
    loss: toJsonNumber(metrics.loss),
    perplexity: toJsonNumber(metrics.perplexity),
    accuracy: toJsonNumber(metrics.accuracy),
    tokens: metrics.supervisedTokens,
    unanswerable: metrics.unanswerable,
    rows: counts.rows,
    batches: counts.batches,
    seconds: counts.seconds,
    tokensPerSecond: counts.inputTokens / counts.seconds,
    nonFinite: metrics.nonFinite,
  };
}
