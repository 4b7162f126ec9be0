/** What one lane's cascade looks like in a result: events in execution order, the origin, the spread, the picture. */
import { z } from 'zod';

// What a lane's tracing says of itself: whether looking changed anything, what a replay came to, what was left out.

const whole = z.number().int();

/**
 * `unchanged` and `changed`: the same step with and without taps, compared bit by bit. `nothing wrapped`: no kernel was
 * registered a second time, so that there is nothing that could change. `unchecked`: only one of the two was run.
 */
export const observerSchema = z.enum(['unchanged', 'changed', 'nothing wrapped', 'unchecked']);
export type ObserverRecord = z.infer<typeof observerSchema>;

const runsSchema = z.object({ runs: whole, nonFinite: whole });

/** A batch or step that was not finite without taps, computed again from the same state. */
const replaySchema = z.object({
  /** Index of the batch, or number of the step. */
  batch: whole,
  /**
   * `reproduced`: not finite under taps as well. `vanishes`: not finite in every run without taps, finite in every run
   * with them. `flaky`: runs without taps, or runs with them, differ among themselves.
   */
  outcome: z.enum(['reproduced', 'vanishes', 'flaky']),
  /** Without taps, the run that was hit among them. */
  plain: runsSchema,
  traced: runsSchema,
});
export type ReplayRecord = z.infer<typeof replaySchema>;

/** Before anything is not finite: how much room is left, what grows, what the mask leaves no key to. */
export const warningSchema = z.object({
  batch: whole,
  /** Queries of the batch with no allowed key, known from the mask. */
  rowsWithoutKey: whole,
  /** Kernel outputs whose magnitudes were measured; 0 below level `full`. */
  taps: whole,
  /** The first op that looks abnormal, and why. */
  starts: z.object({ key: z.string(), rule: z.string(), reason: z.string() }).optional(),
  /** The taps with the least room: powers of two to overflow, negative where the type could not hold it. */
  headroom: z.array(z.object({ key: z.string(), amax: z.number(), f32: z.number(), f16: z.number() })),
  /** How many taps float16 could not hold. */
  beyondF16: whole,
  subnormal: z.object({ key: z.string(), share: z.number() }).optional(),
  /** The largest growth across one op, in powers of two. */
  growth: z.object({ key: z.string(), powers: z.number() }).optional(),
});
export type WarningRecord = z.infer<typeof warningSchema>;

/** Level `gate`: what was done about losses that were not finite. */
export const gateSchema = z.object({
  replays: z.array(replaySchema),
  /** Hits beyond the bound on replays. */
  notReplayed: whole,
});
export type GateRecord = z.infer<typeof gateSchema>;

export const opClassSchema = z.enum(['gen', 'prop', 'kill', 'clean']);
export type OpClass = z.infer<typeof opClassSchema>;

/** One tapped kernel output whose inputs or output hold a non-finite value. */
export const eventSchema = z.object({
  key: z.string(),
  phase: z.string(),
  /** Module path: `transformer.h.0.attn.probs`. */
  path: z.string(),
  kernel: z.string(),
  class: opClassSchema,
  shape: z.array(z.number().int()),
  nan: z.number().int(),
  posInf: z.number().int(),
  negInf: z.number().int(),
  /** For a `prop` of infinities: a NaN that went in as well ended here. */
  ended: z.literal('NaN').optional(),
  /** Why this non-finite is intended (a mask's -inf); absent when it is not. */
  benign: z.string().optional(),
  /** Index of the batch the record comes from. */
  batch: z.number().int(),
});
export type CascadeEvent = z.infer<typeof eventSchema>;

const mechanismSchema = z.object({ name: z.string(), evidence: z.string() });

export const originSchema = z.object({
  key: z.string(),
  /** What is born there; absent in records of earlier versions. */
  kind: z.enum(['NaN', 'Inf']).optional(),
  batch: z.number().int(),
  coordinates: z.array(z.number().int()),
  coordinateNames: z.array(z.string()),
  mechanism: mechanismSchema,
  /** The step at which an infinity became a NaN. */
  becameNaN: z
    .object({
      key: z.string(),
      coordinates: z.array(z.number().int()),
      coordinateNames: z.array(z.string()),
      mechanism: mechanismSchema,
    })
    .optional(),
});
export type OriginRecord = z.infer<typeof originSchema>;

/** One step of the spread through the residual stream: which positions (`to` included) of which batch row turned non-finite at a layer. */
const spreadSchema = z.object({
  layer: z.string(),
  row: z.number().int(),
  from: z.number().int(),
  to: z.number().int(),
  why: z.string(),
});

/** Layer x position: one character a cell, `.` finite, `N` NaN, `I` infinity, `-` not measured. */
export const pictureSchema = z.object({
  layers: z.array(z.string()),
  /** `cells[batchRow][layer]` is a string of one character per position. */
  cells: z.array(z.array(z.string().regex(/^[.NI-]*$/))),
  /** First real position of each batch row (left padding), for the ruler. */
  padding: z.array(z.object({ left: z.number().int(), right: z.number().int() })),
});
export type PictureRecord = z.infer<typeof pictureSchema>;

/** A value that is not finite went into an op and a number came out: what is further on does not show it. */
export const launderingSchema = z.object({
  /** Key of the op that gives the number. */
  key: z.string(),
  /** Key of the op, or name of the tensor from outside, that holds the hidden value. */
  from: z.string(),
  kind: z.enum(['NaN', 'Inf']),
  /** The first element that is hidden. */
  coordinates: z.array(z.number().int()),
  coordinateNames: z.array(z.string()),
  /** `a division by an infinity gives 0`. */
  how: z.string(),
});
export type LaunderingRecord = z.infer<typeof launderingSchema>;

export const cascadeSchema = z.object({
  level: z.enum(['off', 'gate', 'health', 'full']),
  /** Tapped kernel outputs a batch. */
  ops: z.number().int(),
  batchesTraced: z.number().int(),
  events: z.array(eventSchema),
  /** Events left out because of the bound on the output. */
  eventsCut: z.number().int(),
  origin: originSchema.optional(),
  spread: z.array(spreadSchema),
  kills: z.array(z.string()),
  /** The first of the kills that hide a value behind a number, each with the row that it hides. */
  laundered: z.array(launderingSchema).optional(),
  picture: pictureSchema.optional(),
  /** Did tracing change a bit of the result? */
  observer: observerSchema,
  /** What was compared for it, in words. */
  observed: z.string().optional(),
  /** The warning about the first batch that looks abnormal, else about the first that was traced. */
  warning: warningSchema.optional(),
  /** Filters, as typed: an op that none of them wants was not looked at, and an origin may lie there. */
  filters: z.array(z.string()).optional(),
  /** Ops of a batch that the filters left out. */
  filtered: z.number().int().optional(),
  /** File in the lane's folder with the whole traces of these batches or steps: the last ones before the origin, and its own. */
  hit: z.object({ file: z.string(), batches: z.array(z.number().int()) }).optional(),
  /** Present where a loss was not finite at level `gate`. */
  gate: gateSchema.optional(),
});
export type CascadeRecord = z.infer<typeof cascadeSchema>;
