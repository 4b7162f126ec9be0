/** A line of health.jsonl: the header of a traced batch or step, or one of the ops that follow it. */
import { z } from 'zod';

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
    /** Of the residual stream: one letter a row, `.` finite, `I` an infinity, `N` a NaN. */
    rows: z.string().optional(),
  }),
]);
export type HealthLine = z.infer<typeof healthLineSchema>;
