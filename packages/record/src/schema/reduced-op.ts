/** The result of `nanscope reduce` of a run in which one kernel gives other numbers: the call with the smallest operands. This is `--json` and reduced.json. */
import { z } from 'zod';
import { decisionSchema, environmentSchema } from './device.ts';
import { SCHEMA_VERSION } from './lane.ts';
import { jsonNumber } from './number.ts';

const operandSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int()),
  dtype: z.enum(['float32', 'int32', 'bool']),
  /** Row-major. */
  values: z.array(jsonNumber),
});
export type OperandRecord = z.infer<typeof operandSchema>;

/** One element of an output. Where `low` is above `high`, it has to be NaN. */
const elementSchema = z.object({
  output: z.number().int(),
  /** Flat row-major index. */
  index: z.number().int(),
  /** On the device that is suspected, and on the other. */
  got: jsonNumber,
  reference: jsonNumber,
  expected: z.object({ low: jsonNumber, high: jsonNumber, nan: z.boolean() }),
  /** A float64 evaluation, or the other device and what rounding explains. */
  by: z.enum(['float64', 'reference']),
});
export type ElementRecord = z.infer<typeof elementSchema>;

const opCallSchema = z.object({ operands: z.array(operandSchema), element: elementSchema });
export type OpCallRecord = z.infer<typeof opCallSchema>;

export const reducedOpSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('reduce-op'),
  command: z.string(),
  /** The run folder as it was given, and the folder of the reduced call. */
  run: z.string(),
  folder: z.string(),
  /** Key of the call in the run, and its kernel with its attributes. */
  op: z.string(),
  kernel: z.string(),
  attributes: z.record(z.string(), z.unknown()),
  /** Index of the batch of the run. */
  batch: z.number().int(),
  decision: decisionSchema,
  /** The device it is held against. */
  reference: decisionSchema,
  environment: environmentSchema,
  /** Elements of all operands in the run. */
  from: z.number().int(),
  smallest: opCallSchema,
  /** The nearest operands that the device computes right, and in what they differ. */
  passing: z.object({ operands: z.array(operandSchema), difference: z.string() }).optional(),
  search: z.object({
    tried: z.number().int(),
    seconds: z.number(),
    budget: z.number(),
    minimal: z.boolean(),
  }),
  /** What reproduce.mjs, which knows nothing of nanscope, left when it was run. */
  script: z.object({
    backend: z.string(),
    failing: z.number().int().nullable(),
    passing: z.number().int().nullable().optional(),
  }),
  /** The command that made the run. */
  made: z.string(),
  verdict: z.object({
    code: z.enum(['reduced', 'reduced-in-part']),
    exitCode: z.literal(0),
    sentence: z.string(),
    next: z.string(),
  }),
});
export type ReducedOpRecord = z.infer<typeof reducedOpSchema>;
