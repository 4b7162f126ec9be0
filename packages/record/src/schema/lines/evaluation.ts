/** The lines that a lane of an evaluation appends: metrics.jsonl, one a batch, and samples.jsonl, one a row of the data. */
import { z } from 'zod';
import { jsonNumber } from '../number.ts';

const index = z.number().int().nonnegative();

export const batchLineSchema = z.object({
  batch: index,
  rows: index,
  /** Supervised tokens. */
  tokens: index,
  /** Sum of their losses, in double precision. */
  lossSum: jsonNumber,
  nonFinite: index,
  seconds: z.number(),
});
export type BatchLine = z.infer<typeof batchLineSchema>;

export const sampleLineSchema = z.object({
  /** Index in the data set, from 0. */
  row: index,
  source: z.string().optional(),
  line: z.number().int().optional(),
  /** Real tokens, and the position of the first in the padded row; -1 where there is none. */
  tokens: index,
  first: z.number().int(),
  /** Positions of the supervised labels, the labels, their losses in nats, and the predicted tokens (-1: no answer). */
  positions: z.array(index),
  labels: z.array(z.number().int()),
  losses: z.array(jsonNumber),
  answers: z.array(z.number().int()),
});
export type SampleLine = z.infer<typeof sampleLineSchema>;
