/** The result of `nanscope reduce`: what was held, the smallest case that still shows it, the nearest that does not. This is `--json` and reduced.json. */
import { z } from 'zod';
import { originSchema } from './cascade.ts';
import { decisionSchema, environmentSchema } from './device.ts';
import { laneHead, SCHEMA_VERSION } from './lane.ts';
import { jsonNumber } from './number.ts';

/** What every smaller case had to show as the run does. In an op, the number of the layer is `*`. */
const heldSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('origin'), op: z.string(), mechanism: z.string() }),
  z.object({ kind: z.literal('divergence'), op: z.string(), label: z.string() }),
]);
export type HeldRecord = z.infer<typeof heldSchema>;

/** How large a case is. */
const caseSizeSchema = z.object({
  rows: z.number().int(),
  /** T, padding included. */
  length: z.number().int(),
  layers: z.number().int(),
  heads: z.number().int(),
  width: z.number().int(),
  /** Units inside the MLP. */
  inner: z.number().int(),
  vocabulary: z.number().int(),
  positions: z.number().int(),
  parameters: z.number().int(),
});
export type CaseSize = z.infer<typeof caseSizeSchema>;

/** What made the fault, and whose that is. A folder of version 0.1.0 does not say. */
const causeSchema = z.object({
  /**
   * `mask`: arithmetic of the mask, the same on every device. `device`: its inputs do not explain what a kernel gave.
   * `weights`: not finite before anything was computed. `numbers`: finite numbers met that float32 has no result for.
   */
  kind: z.enum(['mask', 'device', 'weights', 'numbers', 'unknown']),
  owner: z.string(),
  /** Where the owner behaves otherwise by now. */
  changed: z.string().optional(),
});
export type CauseRecord = z.infer<typeof causeSchema>;

const grid = z.array(z.array(z.number().int()));

/** Counts of one op of a case, in order of execution. */
const caseOpSchema = z.object({
  key: z.string(),
  shape: z.array(z.number().int()),
  nan: z.number().int(),
  posInf: z.number().int(),
  negInf: z.number().int(),
});

export const reducedCaseSchema = z.object({
  size: caseSizeSchema,
  inputs: z.object({ inputIds: grid, attentionMask: grid, labels: grid, positionIds: grid }),
  /** Weights that keep numbers of the run's model; all others are 0, LayerNorm gains 1. */
  weights: z.array(z.string()),
  /** Mean negative log likelihood over the supervised tokens, in nats. */
  loss: jsonNumber,
  /** The same on the device that it was compared with. */
  referenceLoss: jsonNumber.optional(),
  origin: originSchema.optional(),
  /** With two devices: the first op whose classes differ, and what that means. */
  divergence: z.object({ key: z.string(), label: z.string(), reason: z.string() }).optional(),
  /** Ops that hold a non-finite value, up to the one that is held. */
  ops: z.array(caseOpSchema),
});
export type ReducedCase = z.infer<typeof reducedCaseSchema>;

const reducedVerdictSchema = z.object({
  code: z.enum(['reduced', 'reduced-in-part']),
  exitCode: z.literal(0),
  sentence: z.string(),
  next: z.string(),
});

export const reducedSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('reduce'),
  command: z.string(),
  /** The run folder as it was given, and the folder of the reduced case. */
  run: z.string(),
  folder: z.string(),
  held: heldSchema,
  cause: causeSchema.optional(),
  model: z.string(),
  policy: laneHead.policy,
  decision: decisionSchema,
  /** The device it differs from, where two devices differ. */
  reference: decisionSchema.optional(),
  environment: environmentSchema,
  /** The batch of the run, on the whole of its model. */
  from: caseSizeSchema,
  smallest: reducedCaseSchema,
  /** The largest neighbour of the smallest case that does not show it. */
  passing: reducedCaseSchema.extend({ difference: z.string() }).optional(),
  search: z.object({
    tried: z.number().int(),
    seconds: z.number(),
    budget: z.number(),
    /** Whether every single further step was tried, and none shows it. */
    minimal: z.boolean(),
  }),
  /**
   * What reproduce.mjs, which knows nothing of nanscope, left when it was run: 1 where it shows the fault, 0 where not.
   * Absent where no script is written: that is done for GPT-2, and of other families for what the mask alone causes.
   */
  script: z
    .object({
      backend: z.string(),
      failing: z.number().int().nullable(),
      passing: z.number().int().nullable().optional(),
    })
    .optional(),
  /** Whether reproduce.py, the same in plain PyTorch, lies beside it. It was not run here. */
  pytorch: z.literal(true).optional(),
  /** The command that evaluates the case, from within its folder. */
  reproduce: z.string(),
  verdict: reducedVerdictSchema,
});
export type ReducedRecord = z.infer<typeof reducedSchema>;

const operandSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int()),
  /** `float64` in PyTorch alone. */
  dtype: z.enum(['float32', 'float64', 'int32', 'bool']),
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
  /** A float64 evaluation, or the other device and what rounding explains; `rule`: what `basis` says. */
  by: z.enum(['float64', 'reference', 'rule']),
  basis: z.string().optional(),
});
export type ElementRecord = z.infer<typeof elementSchema>;

const opCallSchema = z.object({ operands: z.array(operandSchema), element: elementSchema });
export type OpCallRecord = z.infer<typeof opCallSchema>;

/** The result of `nanscope reduce` of a run in which one kernel gives other numbers: the call with the smallest operands. This is `--json` and reduced.json. */
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
  /** The device it is held against; absent where a rule alone says what is right. */
  reference: decisionSchema.optional(),
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
  /** What the script, which knows nothing of nanscope, left when it was run. */
  script: z.object({
    /** Default: reproduce.mjs. */
    name: z.string().optional(),
    /** In plain PyTorch: the other version that the script was run with, and its exit code there. */
    besides: z.object({ version: z.string(), code: z.number().int().nullable() }).optional(),
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
