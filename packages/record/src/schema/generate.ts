/** The result of a generation: every row with its tokens and how it ended. What `generate --reporter json` prints, and its run.json. */
import { z } from 'zod';
import { decisionSchema, laneStatusSchema } from './device.ts';
import { laneHead, SCHEMA_VERSION } from './lane.ts';

const generatedRowSchema = z.object({
  /** Place of its prompt. */
  row: z.number().int(),
  prompt: z.string(),
  /** Without the end token. */
  text: z.string(),
  tokens: z.array(z.number().int()),
  ended: z.enum(['eos', 'length', 'positions', 'non-finite']),
  /** The classes of the logits in the step after the last token, for a row that ended non-finite. */
  logits: z
    .object({
      size: z.number().int(),
      nan: z.number().int(),
      posInf: z.number().int(),
      negInf: z.number().int(),
    })
    .optional(),
  /** The command that shows where the value is born, for the same row. */
  evaluate: z.string().optional(),
});
export type GeneratedRow = z.infer<typeof generatedRowSchema>;

const generationVerdictSchema = z.object({
  code: z.enum(['generated', 'rows-non-finite', 'lane-failed', 'interrupted']),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(130)]),
  sentence: z.string(),
  next: z.string(),
});
export type GenerationVerdict = z.infer<typeof generationVerdictSchema>;

export const generationSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('generate'),
  command: z.string(),
  folder: z.string().optional(),
  /** Name or folder. */
  model: z.string(),
  policy: laneHead.policy,
  decision: decisionSchema,
  /** What decides a token, each setting with who asked for it. */
  settings: z.array(z.string()),
  status: laneStatusSchema,
  /** Why it is not complete. */
  failure: z.string().optional(),
  prompts: z.number().int(),
  seconds: z.number(),
  /** In the order in which they ended. */
  rows: z.array(generatedRowSchema),
  verdict: generationVerdictSchema,
});
export type GenerationRecord = z.infer<typeof generationSchema>;
