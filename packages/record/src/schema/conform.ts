/** The result of a conformance run: `conform --json`. */
import { z } from 'zod';
import { decisionSchema, environmentSchema, laneStatusSchema } from './device.ts';
import { jsonNumber } from './number.ts';

/** Name and version; the version is raised when a field changes its meaning. */
export const CONFORM_SCHEMA = 'nanscope-conform/1';

const comparisonSchema = z.object({
  /** `out`, `dq`, `qk_matmul_output (masked)`. */
  name: z.string(),
  compared: z.number().int(),
  /** The smallest absolute error that would have to be allowed; Infinity when none would do. */
  required: jsonNumber,
  allowed: jsonNumber,
  passed: z.boolean(),
  failure: z.string().optional(),
});

export const conformCaseSchema = z.object({
  /** `suite:name;key=value`. */
  id: z.string(),
  status: z.enum(['pass', 'fail', 'refused']),
  reason: z.string().optional(),
  /** The required accuracy, in words. */
  accuracy: z.string(),
  /** The error in the comparison that came nearest to what is allowed, or went furthest beyond; NaN where there were no numbers. */
  required: jsonNumber,
  allowed: jsonNumber,
  comparisons: z.array(comparisonSchema),
  /** Wrong answers that had to be told from the right one. */
  controls: z.array(z.object({ name: z.string(), refuted: z.boolean() })),
  /** That it took; absent where it was refused, and in records of earlier versions. */
  seconds: z.number().optional(),
  /** Versions that are known to fail it, and why it matters; of cases that come from reports. */
  known: z.string().optional(),
  why: z.string().optional(),
});
export type ConformCaseRecord = z.infer<typeof conformCaseSchema>;

const conformVerdictSchema = z.object({
  code: z.enum(['conforms', 'cases-failed', 'bad-vectors', 'nothing-compared', 'lane-failed', 'interrupted']),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(130)]),
  sentence: z.string(),
  next: z.string(),
});
export type ConformVerdictRecord = z.infer<typeof conformVerdictSchema>;

export const conformResultSchema = z.object({
  schema: z.literal(CONFORM_SCHEMA),
  kind: z.literal('conform'),
  command: z.string(),
  /** The attention implementation that was put under the suite. */
  implementation: z.string(),
  decision: decisionSchema,
  /** Absent when the lane ended before its backend was open. */
  environment: environmentSchema.optional(),
  status: laneStatusSchema,
  /** Why it is not complete. */
  failure: z.string().optional(),
  counts: z.object({
    cases: z.number().int(),
    pass: z.number().int(),
    fail: z.number().int(),
    refused: z.number().int(),
    /** Not reached, because the lane ended before. */
    notRun: z.number().int(),
  }),
  /** The minimum required tolerance of all cases: as an absolute error, and as a share of what each case allows. */
  required: z.object({
    absolute: jsonNumber,
    absoluteCase: z.string().optional(),
    share: jsonNumber,
    shareCase: z.string().optional(),
  }),
  seconds: z.number(),
  cases: z.array(conformCaseSchema),
  /** Vectors that could not be read, one line each. */
  badVectors: z.array(z.string()),
  verdict: conformVerdictSchema,
});
export type ConformResultRecord = z.infer<typeof conformResultSchema>;
