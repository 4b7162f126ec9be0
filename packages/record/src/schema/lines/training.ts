/** The lines that a lane of a training run appends: metrics.jsonl, one a step, and validation.jsonl, one an evaluation. */
import { z } from 'zod';
import { jsonNumber } from '../number.ts';

export const stepLineSchema = z.object({
  /** Counted from 1. */
  step: z.number().int().positive(),
  epoch: z.number(),
  loss: jsonNumber,
  learningRate: z.number(),
  /** Before clipping. */
  gradNorm: jsonNumber,
  /** Supervised tokens of the step. */
  tokens: z.number().int(),
  tokensPerSecond: z.number(),
  seconds: z.number(),
  /** Held by tensors after the step. */
  bytes: z.number(),
  /** `skip` or `stop` where the update was not made. */
  action: z.enum(['update', 'skip', 'stop']),
});
export type StepLine = z.infer<typeof stepLineSchema>;

export const validationLineSchema = z.object({
  step: z.number().int().nonnegative(),
  loss: jsonNumber,
  perplexity: jsonNumber,
  accuracy: jsonNumber,
  tokens: z.number().int(),
});
export type ValidationLine = z.infer<typeof validationLineSchema>;
