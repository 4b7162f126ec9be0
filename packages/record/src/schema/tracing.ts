/** What a lane's tracing says of itself: whether looking changed anything, what a replay came to, what was left out. */
import { z } from 'zod';

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
