/** The result of an evaluation or a comparison: two lanes, what differs, and the verdict. This is `--json` and the top-level `run.json`. */
import { z } from 'zod';
import { opClassSchema } from './cascade.ts';
import { labelDifferenceSchema, laneSchema, SCHEMA_VERSION } from './lane.ts';
import { jsonNumber } from './number.ts';
import { replaysSchema, shadowSchema } from './shadow.ts';

const difference = z.object({ name: z.string(), reference: z.string(), target: z.string() });

const metricComparisonSchema = z.object({
  name: z.string(),
  reference: jsonNumber,
  target: jsonNumber,
  /** `finite`: both are, compared by number. `same-class`: the same non-finite. `class-differs`: never a pass. */
  class: z.enum(['finite', 'same-class', 'class-differs']),
  /** |target - reference| / |reference|. */
  relative: jsonNumber,
  /** The smallest rtol at the given atol that would pass. */
  requiredRtol: jsonNumber,
  pass: z.boolean(),
  /** Absent: by its own numbers. `loss`: by those of the loss. `nothing`: two numbers stand side by side, unjudged. */
  judgedBy: z.enum(['loss', 'nothing']).optional(),
  /** Why it was not judged, or what its own numbers do not show. */
  reason: z.string().optional(),
});
export type MetricComparison = z.infer<typeof metricComparisonSchema>;

const cellSchema = z.object({
  class: opClassSchema,
  nan: z.number().int(),
  inf: z.number().int(),
  size: z.number().int(),
});

/** One line of the cascade table: the same op on both lanes. */
export const cascadeRowSchema = z.object({
  key: z.string(),
  /** `embeddings`, `h.0`, `ln_f`, `lm_head`, `loss`, `metrics`. */
  layer: z.string(),
  /** Module and op below the layer: `attn.probs Softmax`. */
  op: z.string(),
  target: cellSchema.optional(),
  reference: cellSchema.optional(),
  origin: z.enum(['both', 'target', 'reference']).optional(),
  benign: z.string().optional(),
  diverges: z.boolean(),
});
export type CascadeRow = z.infer<typeof cascadeRowSchema>;

/** A stage of the model on a few rows of the first batch, on both lanes: `h.3 attention`, `logits`, `grad.lm_head.weight`. */
const stageComparisonSchema = z.object({
  name: z.string(),
  /** Elements that are finite on both sides. */
  compared: z.number().int(),
  /** Largest distance of the two lanes. */
  apart: jsonNumber,
  /** Largest distance of each from float64; absent where that was not computed. */
  target: jsonNumber.optional(),
  reference: jsonNumber.optional(),
  /** How far a lane may lie from float64, or the lanes from each other. */
  allowed: jsonNumber,
  /** How the classes differ; absent: they are the same. */
  classes: z.string().optional(),
  passed: z.boolean(),
});
export type StageComparison = z.infer<typeof stageComparisonSchema>;

const stagesSchema = z.object({
  /** The lane whose model was computed in float64 as well; absent: none. */
  exact: z.enum(['target', 'reference']).optional(),
  stages: z.array(stageComparisonSchema),
});
export type StagesRecord = z.infer<typeof stagesSchema>;

export const comparisonSchema = z.object({
  rtol: z.number(),
  atol: z.number(),
  /** Settings that must be equal for the numbers to mean anything, and are not. */
  configuration: z.array(difference),
  /** Versions and machines: stated, never a reason to fail. */
  environment: z.array(difference),
  metrics: z.array(metricComparisonSchema),
  /** Labels that the metrics are over, where one side has rows or labels that the other lacks; absent: all of them. */
  metricsOver: z.number().int().optional(),
  labels: z.object({
    compared: z.number().int(),
    /** Rows or labels that only one side has. */
    unpaired: z.number().int().default(0),
    differing: z.array(labelDifferenceSchema),
    differingCut: z.number().int(),
    requiredRtol: jsonNumber,
    /** Labels whose losses are the same NaN or infinity on both sides. Absent: none. */
    sameNonFinite: z.number().int().optional(),
  }),
  ops: z.object({
    aligned: z.number().int(),
    onlyTarget: z.number().int(),
    onlyReference: z.number().int(),
    divergent: z.number().int(),
    /** Index of the batch of the first divergence. */
    batch: z.number().int().optional(),
    firstDivergence: z.string().optional(),
    /** What the first divergence means: a kernel bug suspected, an overflow of sums, permitted by WGSL, or inherited from an input. */
    divergence: z.object({ label: z.string(), reason: z.string() }).optional(),
    sameOrigin: z.boolean().optional(),
    samePath: z.boolean().optional(),
    sameKills: z.boolean().optional(),
  }),
  cascade: z.array(cascadeRowSchema),
  /** Stages in numbers; absent where no lane is of PyTorch. */
  stages: stagesSchema.optional(),
  /** The diverging batch evaluated again by each lane; absent where the lanes agree, or none was asked for. */
  replays: replaysSchema.optional(),
  /** From the first divergence to the op it comes from; absent where the lanes agree or were not traced op by op. */
  shadow: shadowSchema.optional(),
});
export type ComparisonRecord = z.infer<typeof comparisonSchema>;

/** What a run came upon that may make its exit code 1, and whether it does. */
const exitFindingSchema = z.object({
  finding: z.enum(['nan', 'differ', 'leak']),
  fails: z.boolean(),
  /** Why it fails, or does not. */
  reason: z.string(),
});
export type ExitFinding = z.infer<typeof exitFindingSchema>;

export const verdictSchema = z.object({
  code: z.enum([
    'agree',
    'agree-non-finite',
    'classes-differ',
    'permitted-by-wgsl',
    'permitted-by-float32',
    'kernel-bug-suspected',
    'numbers-differ',
    'vanishes-under-observation',
    'flaky',
    'configuration-differs',
    'lane-failed',
    'no-reference',
  ]),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(3), z.literal(130)]),
  /** One sentence. */
  sentence: z.string(),
  /** What to do next, one sentence, with the command where there is one. */
  next: z.string(),
  /** Absent in records of earlier versions, and where a verdict fails whatever was found. */
  findings: z.array(exitFindingSchema).optional(),
});
export type VerdictRecord = z.infer<typeof verdictSchema>;

export const resultSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.enum(['eval', 'compare']),
  command: z.string(),
  folder: z.string().optional(),
  target: laneSchema.optional(),
  reference: laneSchema.optional(),
  comparison: comparisonSchema.optional(),
  /** What decorates the result and could not be made, a line each; a lane has its own. */
  leftOut: z.array(z.string()).readonly().optional(),
  verdict: verdictSchema,
});
export type ResultRecord = z.infer<typeof resultSchema>;
