/** What `selftest --detector --json` prints: on each device, how many faults the detector saw, placed and named. */
import { z } from 'zod';
import { deviceRow } from './device.ts';

/** Name and version; the version is raised when a field changes its meaning. */
export const SELFTEST_SCHEMA = 'nanscope-selftest/1';

const score = {
  /** Trials that count. */
  trials: z.number().int(),
  /** Trials in which no fault came about. */
  setAside: z.number().int(),
  /** The detector named an origin. */
  seen: z.number().int(),
  /** Those of them where every descendant was killed: only the op's own health shows the fault. */
  killed: z.number().int(),
  originRight: z.number().int(),
  mechanismRight: z.number().int(),
};
const detectorScoreSchema = z.object(score);
export type DetectorScore = z.infer<typeof detectorScoreSchema>;

const groupSchema = z.object({
  family: z.enum(['injected', 'natural', 'clean']),
  /** `NaN, backward`, or the family where it is one group. */
  name: z.string(),
  ...score,
});

const wrongSchema = z.object({
  id: z.string(),
  expected: z.object({ key: z.string(), mechanisms: z.array(z.string()) }).optional(),
  found: z.object({ key: z.string(), mechanism: z.string(), evidence: z.string() }).optional(),
});

const selftestDeviceSchema = z.object({
  ...deviceRow,
  seconds: z.number(),
  /** Faults that could be injected, and those that were: all, or the share that was asked for. */
  injectable: z.number().int(),
  injected: z.number().int(),
  /** Outputs in which no fault was injected: memory of an input, and integers. */
  aliases: z.number().int(),
  integers: z.number().int(),
  groups: z.array(groupSchema),
  /** Injected and natural faults together: what the bar is held against. */
  faults: detectorScoreSchema,
  falseAlarms: z.number().int(),
  wrong: z.array(wrongSchema),
  /** Wrong trials left out because of the bound on the output. */
  wrongCut: z.number().int(),
  /** Natural and clean trials that were set aside, and why. */
  setAside: z.array(z.object({ id: z.string(), why: z.string() })),
  meetsBar: z.boolean(),
});
export type SelftestDevice = z.infer<typeof selftestDeviceSchema>;

const selftestVerdictSchema = z.object({
  code: z.enum(['detector-meets-bar', 'detector-below-bar', 'lane-failed', 'interrupted']),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(130)]),
  sentence: z.string(),
  next: z.string(),
});
export type SelftestVerdict = z.infer<typeof selftestVerdictSchema>;

export const selftestSchema = z.object({
  schema: z.literal(SELFTEST_SCHEMA),
  kind: z.literal('selftest'),
  command: z.string(),
  /** The share of possible faults that is injected, chosen by a hash of their names. */
  share: z.number(),
  /** The least share of faults that must be seen, placed and named; and the most false alarms. */
  bar: z.object({ seen: z.number(), origin: z.number(), mechanism: z.number(), falseAlarms: z.number() }),
  devices: z.array(selftestDeviceSchema),
  verdict: selftestVerdictSchema,
});
export type SelftestRecord = z.infer<typeof selftestSchema>;
