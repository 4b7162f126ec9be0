/** A line of health.jsonl: the header of a traced batch or step, or one of the ops that follow it. */
import { z } from 'zod';
import { jsonNumber } from './number.ts';

const count = z.number().int().nonnegative();

const healthSchema = z.object({
  size: count,
  nan: count,
  posInf: count,
  negInf: count,
  /** Flat row-major index of the first one; absent when there is none. */
  firstNaN: count.optional(),
  firstInf: count.optional(),
  /** With `--trace full`. */
  zero: count.optional(),
  subnormal: count.optional(),
  /** Largest finite magnitude, smallest finite value, mean of the finite values. */
  amax: z.number().optional(),
  min: z.number().optional(),
  mean: z.number().optional(),
});

const tensor = { shape: z.array(count), dtype: z.string(), health: healthSchema.optional() };

export const healthLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('batch'),
    batch: count,
    level: z.string(),
    source: z.object({ backend: z.string(), strictNumerics: z.boolean(), method: z.string() }),
    bytesRead: count,
    /** Tensors that ops were given from outside of the trace: weights, masks, constants. */
    externals: z.record(z.string(), z.object(tensor)),
    /** Ops that follow, and ops that the batch had. */
    lines: count,
    ops: count,
    /** Ops were left out: those that are clean and feed none that is not. */
    partial: z.literal(true).optional(),
    cut: count.optional(),
  }),
  z.object({
    type: z.literal('op'),
    /** `{phase}/{module path}/{kernel}#{call}:{output}`: equal on every backend for the same computation. */
    key: z.string(),
    phase: z.string(),
    path: z.string(),
    kernel: z.string(),
    call: count,
    output: count,
    ...tensor,
    /** Each an op line of the same batch by its place, or a name among the externals. */
    inputs: z.array(
      z.union([
        z.object({ name: z.string(), record: count }),
        z.object({ name: z.string(), external: z.string() }),
      ]),
    ),
    /** The output is the memory of its first input. */
    alias: z.literal(true).optional(),
    /** Rows of the residual stream, one letter each: `.` finite, `I` an infinity, `N` a NaN. */
    rows: z.string().optional(),
  }),
]);
export type HealthLine = z.infer<typeof healthLineSchema>;

// The lines that a lane of an evaluation appends: metrics.jsonl, one a batch, and samples.jsonl, one a row of the data.

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
  /** The beginning of the row's text. */
  text: z.string().optional(),
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

// The lines that a lane of a training run appends: metrics.jsonl, one a step, and validation.jsonl, one an evaluation.

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

/** Schemas of the lines in the .jsonl files of a run folder. */
