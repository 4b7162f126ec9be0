/**
 * The record of a training run: `run.json` of each lane while it grows, and of the whole run with the comparison of
 * its lanes. What a lane is and the cascade are the same as in an evaluation; lane.ts and cascade.ts say them.
 */
import { z } from 'zod';
import { cascadeSchema } from './cascade.ts';
import { laneHead, SCHEMA_VERSION } from './lane.ts';
import { jsonNumber } from './number.ts';
import { comparisonSchema, verdictSchema } from './result.ts';

const whole = z.number().int();

/** A point of a curve: the value after (for a mean: over the steps up to) `step`. */
const point = z.object({ step: whole, loss: jsonNumber });
export type CurvePoint = z.infer<typeof point>;

/** A step whose loss or gradient norm was not finite, and what was done about it before the update. */
export const nonFiniteStepSchema = z.object({
  step: whole,
  loss: jsonNumber,
  gradNorm: jsonNumber,
  action: z.enum(['update', 'skip', 'stop']),
  reason: z.string(),
  /** False where an earlier update had broken the weights. */
  weightsFinite: z.boolean(),
  /** Whether the step was computed again under taps. */
  replayed: z.boolean(),
});
export type NonFiniteStepRecord = z.infer<typeof nonFiniteStepSchema>;

export const trainingSchema = z.object({
  /** Steps done, and to do in all. */
  steps: whole,
  totalSteps: whole,
  /** Passes over the training rows. */
  epochs: z.number(),
  /** Supervised tokens trained on. */
  tokens: whole,
  /** Wall time of the steps, without evaluations and saving. */
  seconds: z.number(),
  tokensPerSecond: z.number(),
  /** Steps whose update was left out. */
  skipped: whole,
  /** Training loss of the last step. */
  loss: jsonNumber.optional(),
  gradNorm: jsonNumber.optional(),
  /** Training loss along the run, as means over equal stretches; at most 240 points. */
  curve: z.array(point),
  /** Every evaluation on the validation rows. */
  validation: z.array(point.extend({ accuracy: jsonNumber, tokens: whole })),
  best: z.object({ step: whole, loss: z.number() }).optional(),
  /** What ended it; absent while it runs. */
  end: z.enum(['steps', 'patience', 'non-finite', 'interrupted']).optional(),
  resumedFrom: z.object({ step: whole, folder: z.string() }).optional(),
  /** Folders of checkpoints in the run folder, and of the model saved at the end. */
  checkpoints: z.array(z.object({ step: whole, folder: z.string(), best: z.boolean() })),
  saved: z.string().optional(),
  nonFinite: z.array(nonFiniteStepSchema),
  nonFiniteCut: whole,
});
export type TrainingRecord = z.infer<typeof trainingSchema>;

export const trainDataSchema = z.object({
  source: z.string(),
  tokenizer: z.string(),
  /** `pack`: blocks of joined rows; `line`: a row a line, padded. */
  rows: z.enum(['pack', 'line']),
  /** In rows or blocks. */
  training: whole,
  validation: whole,
  trainingTokens: whole,
  validationTokens: whole,
  /** How the two parts were chosen, in words. */
  split: z.string(),
  /** Nats a token below which no model of this text can come; only for a text made by a known process. */
  entropyRate: z.number().optional(),
  /** The same of rows as these are cut, where a row's beginning has no context. */
  bestLoss: z.number().optional(),
});
export type TrainDataRecord = z.infer<typeof trainDataSchema>;

export const trainLaneSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('train-lane'),
  ...laneHead,
  data: trainDataSchema,
  training: trainingSchema,
  cascade: cascadeSchema.optional(),
  memory: z.object({ peakResidentBytes: z.number(), tensorsGrown: whole }).optional(),
});
export type TrainLaneRecord = z.infer<typeof trainLaneSchema>;

const stepDifference = z.object({ step: whole, reference: jsonNumber, target: jsonNumber });

/** One quantity of all steps that both lanes have. */
export const quantitySchema = z.object({
  name: z.enum(['loss', 'gradNorm', 'validation loss']),
  compared: whole,
  /** The first step at which one is NaN or infinite and the other is not, or otherwise so. */
  firstClassDifference: stepDifference.optional(),
  /** The first step at which both are finite and further apart than the tolerance. */
  firstBeyond: stepDifference.optional(),
  /** The smallest rtol at the given atol that would pass at every step. */
  requiredRtol: jsonNumber,
  /** Steps at which both are the same NaN or infinity: alike, and neither is right. Absent: none. */
  sameNonFinite: z.number().int().optional(),
});
export type QuantityComparison = z.infer<typeof quantitySchema>;

const trainComparisonSchema = comparisonSchema
  .pick({ rtol: true, atol: true, configuration: true, environment: true, ops: true, cascade: true })
  .extend({
    steps: z.object({ compared: whole, onlyTarget: whole, onlyReference: whole }),
    quantities: z.array(quantitySchema),
  });
export type TrainComparisonRecord = z.infer<typeof trainComparisonSchema>;

const trainVerdictSchema = verdictSchema.extend({
  code: z.enum([
    'trained',
    'stopped-non-finite',
    'ended-non-finite',
    'agree',
    'agree-non-finite',
    'classes-differ',
    'numbers-differ',
    'vanishes-under-observation',
    'flaky',
    'configuration-differs',
    'lane-failed',
    'interrupted',
  ]),
});
export type TrainVerdictRecord = z.infer<typeof trainVerdictSchema>;

export const trainResultSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('train'),
  command: z.string(),
  folder: z.string().optional(),
  target: trainLaneSchema.optional(),
  reference: trainLaneSchema.optional(),
  comparison: trainComparisonSchema.optional(),
  verdict: trainVerdictSchema,
});
export type TrainResultRecord = z.infer<typeof trainResultSchema>;
