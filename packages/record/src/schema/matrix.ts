/** `run.json` of a matrix: what was combined, on which devices, and what the table says. The cells are in cells.jsonl. */
import { z } from 'zod';
import { deviceRow } from './device.ts';
import { SCHEMA_VERSION } from './lane.ts';
import { jsonNumber } from './number.ts';

const conditionsSchema = z.record(z.string(), z.array(z.string()).readonly());

const matrixDeviceSchema = z.object({
  /** Its name stands in the cells as well. */
  ...deviceRow,
  /** `linux`, `darwin`, `win32`, and `x64`, `arm64`: of the machine that it is in. */
  os: z.string().optional(),
  arch: z.string().optional(),
  /** Cells asked of it, and cells that were observed, now or in an earlier run of the folder. */
  asked: z.number().int(),
  observed: z.number().int(),
  /** Cells that the attention under test cannot do on this device, and why, of the first. */
  refused: z.number().int(),
  refusal: z.string().optional(),
  seconds: z.number(),
});

const cellId = {
  id: z.string(),
  /** That it took,. */
  seconds: z.number().nonnegative().optional(),
};

/** A line of cells.jsonl: what a cell showed, or why its attention could not be asked. */
export const cellLineSchema = z.union([
  z.object({ ...cellId, refused: z.string() }),
  z.object({
    ...cellId,
    /** By layer and batch row, one letter a position: `N` NaN, `I` infinity, `.` finite. */
    layers: z.array(z.array(z.string())),
    nanMap: z.enum(['none', 'masked-rows', 'whole-sequence', 'other-sequences']),
    leak: z.enum(['none', 'unlabelled', 'labelled']),
    loss: z.enum(['finite', 'NaN', 'infinite']),
    gradients: z.enum(['none', 'finite', 'NaN', 'infinite']),
    origin: z.string(),
    lossValue: jsonNumber,
    rowLosses: z.array(jsonNumber),
    leaks: z.array(z.tuple([z.number().int(), z.number().int()])),
    nanGradients: z.number().int(),
    parameters: z.number().int(),
    originKey: z.string(),
  }),
]);

export type CellLine = z.infer<typeof cellLineSchema>;

const necessitySchema = z.object({
  condition: z.string(),
  /** Whether the report that the project began with names it. */
  reported: z.boolean(),
  verdict: z.enum(['necessary', 'not necessary', 'undecided']),
  /** Cells that show the outcome without the condition, of all cells without it. */
  without: z.number().int(),
  cellsWithout: z.number().int(),
  /** Id of one of them. */
  example: z.string().optional(),
});

const matrixAnswerSchema = z.object({
  question: z.enum(['nan-positions', 'nan-loss', 'nan-gradients', 'leak', 'leak-at-label']),
  cells: z.number().int(),
  /** Cells in which it was looked for, where that is not all of them: inference computes no gradients. */
  asked: z.number().int().optional(),
  /** Absent where only a part of the table was observed: what is enough there need not be enough elsewhere. */
  minimalSets: z.array(z.object({ conditions: conditionsSchema, cells: z.number().int() })).optional(),
  necessity: z.array(necessitySchema),
});
export type MatrixAnswer = z.infer<typeof matrixAnswerSchema>;

export const matrixSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('matrix'),
  command: z.string(),
  folder: z.string(),
  status: z.enum(['complete', 'incomplete']),
  /** Every factor with the values that were combined. */
  factors: conditionsSchema,
  filter: z.string().optional(),
  /** `I/N`: the part of the cells that this run was given. */
  shard: z.string().optional(),
  /** Fingerprint of the timings that the parts were divided by; absent where they were divided by a hash. */
  timings: z.string().optional(),
  /** Whether only the cells that failed in an earlier run were asked for. */
  lastFailed: z.boolean().optional(),
  /** Ended early, by `--bail`. */
  bailed: z.object({ failures: z.number().int(), notRun: z.number().int() }).optional(),
  /** What an incomplete merged run lacks: parts that were not given, and the first cells that none of them holds. */
  missing: z
    .object({ shards: z.array(z.string()), cells: z.number().int(), ids: z.array(z.string()) })
    .optional(),
  devices: z.array(matrixDeviceSchema),
  cells: z.number().int(),
  asPredicted: z.number().int(),
  /** Cells that do not show what the float64 oracle predicts, each with the command that runs it alone. */
  surprises: z.array(
    z.object({ id: z.string(), differences: z.array(z.string()).readonly(), command: z.string() }),
  ),
  surprisesCut: z.number().int(),
  answers: z.array(matrixAnswerSchema),
});
export type MatrixRecord = z.infer<typeof matrixSchema>;

const findingSchema = z.object({
  number: z.number().int(),
  claim: z.string(),
  experiment: z.string(),
  observed: z.array(z.object({ device: z.string(), text: z.string() })).readonly(),
  verdict: z.enum(['holds', 'does not hold', 'partly', 'cannot be decided here']),
  because: z.string(),
});
export type FindingRecord = z.infer<typeof findingSchema>;

/** What `claims --json` prints: each claim, what every device showed, and the verdict. */
export const claimsSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('claims'),
  command: z.string(),
  devices: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      backend: z.string(),
      gpu: z.boolean(),
      cells: z.number().int(),
    }),
  ),
  findings: z.array(findingSchema),
});
export type ClaimsRecord = z.infer<typeof claimsSchema>;
