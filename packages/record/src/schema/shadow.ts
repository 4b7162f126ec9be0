/** What was done when two lanes diverged: the batch evaluated again (is a lane flaky?), and ops replayed with the other lane's inputs. */
import { z } from 'zod';
import { jsonNumber } from './number.ts';

const role = z.enum(['target', 'reference']);

export const replaysSchema = z.object({
  /** Index of the batch that was evaluated again. */
  batch: z.number().int(),
  /** How often, by each lane, in a fresh process. */
  times: z.number().int(),
  lanes: z.array(
    z.object({
      role,
      /** How many of the replays gave another bit in the loss of some label than the run did. */
      changed: z.number().int(),
      /** How many labels moved in one replay or another. */
      labels: z.number().int(),
      /** The first of them, by its row in the data and its position. */
      first: z
        .object({
          row: z.number().int(),
          position: z.number().int(),
          run: jsonNumber,
          replay: jsonNumber,
        })
        .optional(),
    }),
  ),
});
export type ReplaysRecord = z.infer<typeof replaysSchema>;

const place = z.object({
  /** Flat row-major index. */
  index: z.number().int(),
  reference: jsonNumber,
  target: jsonNumber,
});

const deviationSchema = z.object({
  /** Elements of the output. */
  size: z.number().int(),
  /** Elements of another class (finite, NaN, +inf, -inf), and the first of them. */
  classes: z.number().int(),
  firstClass: place.optional(),
  /** Finite elements that are further apart than is allowed. */
  beyond: z.number().int(),
  /** The finite element that is worst against what is allowed of it. */
  worst: place.extend({ ulps: z.number(), allowed: jsonNumber }).optional(),
  /** Elements beyond all that, of values that float32 may give in one order of the sums or in another; and the first. */
  excused: z.number().int().optional(),
  firstExcused: place.optional(),
});
export type DeviationRecord = z.infer<typeof deviationSchema>;

const shadowStepSchema = z.object({
  /** Key of the call: a record's key without its output. */
  key: z.string(),
  kernel: z.string(),
  judgement: z.enum([
    ...(['own', 'inherited', 'both', 'permitted', 'rounding', 'unstable', 'not replayable'] as const),
    // Equal inputs give other outputs, and the two versions of PyTorch or transformers run other ops for it.
    'other ops',
  ]),
  reason: z.string(),
  /** Its key in either of two lanes of PyTorch that each make it by one call. */
  own: z.object({ target: z.string(), reference: z.string() }).optional(),
  /** Whether an input or the reference's output holds a non-finite value, after which WGSL promises no class. */
  nonFinite: z.literal(true).optional(),
  /** Target against reference, both with the reference's inputs; allowed is what rounding explains. */
  onReferenceInputs: deviationSchema.optional(),
  /** The reverse: both with the target's inputs. */
  onTargetInputs: deviationSchema.optional(),
  /** The reference with the target's inputs against itself; allowed is the tolerance of the run. */
  inputsAlone: deviationSchema.optional(),
  /** The input that differs most, where the search goes on: its name and what made it. */
  next: z.object({ input: z.string(), from: z.string() }).optional(),
});
export type ShadowStep = z.infer<typeof shadowStepSchema>;

export const shadowSchema = z.object({
  /** Index of the batch that was replayed. */
  batch: z.number().int(),
  /** `class`: the first class divergence of the traces. `magnitude`: the first sampled element beyond the tolerance. */
  by: z.enum(['class', 'magnitude']),
  /** From the first divergence upwards; the last one decides. */
  steps: z.array(shadowStepSchema),
  /** Why the search ended there, one clause. */
  end: z.string(),
});
export type ShadowRecord = z.infer<typeof shadowSchema>;
