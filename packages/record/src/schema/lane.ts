/** `run.json` of one lane: who ran, on what, with which result. Written at the start and rewritten as it goes. */
import { z } from 'zod';
import { cascadeSchema } from './cascade.ts';
import { decisionSchema, environmentSchema, kernelNoteSchema } from './device.ts';
import { jsonNumber } from './number.ts';

/** Raised when a field changes its meaning; readers refuse a version they do not know. */
export const SCHEMA_VERSION = 1;

export const metricsSchema = z.object({
  /** Mean negative log likelihood over all supervised tokens of the set, in nats. NaN when one of them is NaN. */
  loss: jsonNumber,
  /** Standard error of that mean, tokens taken as independent; absent where it is not finite, or of one token. */
  lossError: z.number().optional(),
  perplexity: jsonNumber,
  /** Next-token accuracy in [0, 1]; a row whose logits hold a NaN is never counted as an answer. */
  accuracy: jsonNumber,
  /** Supervised tokens: labels that enter the loss. */
  tokens: z.number().int(),
  /** Supervised tokens whose logits allow no answer. */
  unanswerable: z.number().int(),
  rows: z.number().int(),
  batches: z.number().int(),
  /** Wall time of the evaluated batches, in seconds, without loading, probes and the leak check. */
  seconds: z.number(),
  /** Input tokens (padding excluded) a second. */
  tokensPerSecond: z.number(),
  /** Per-token losses that are not finite. */
  nonFinite: z.object({ nan: z.number().int(), posInf: z.number().int(), negInf: z.number().int() }),
});
export type MetricsRecord = z.infer<typeof metricsSchema>;

const leakPlace = z.object({
  row: z.number().int(),
  /** The position whose logits changed. */
  position: z.number().int(),
  /** The position of the token that was changed. */
  from: z.number().int(),
  /** Whether the label predicted there is supervised, so that the leak enters the loss. */
  live: z.boolean(),
});

/** A change of token t moved the logits at an earlier position: the future is visible there. */
const leakSchema = z.object({
  checked: z.number().int(),
  leaks: z.array(leakPlace),
  leaksCut: z.number().int(),
  /** Where logits only became NaN or infinite, or ceased to be: no value of a later token is seen there. */
  reached: z.array(leakPlace).optional(),
  reachedCut: z.number().int().optional(),
});
export type LeakRecord = z.infer<typeof leakSchema>;

/** One label whose loss differs between two runs. */
export const labelDifferenceSchema = z.object({
  /** Index of the row in the data set. */
  row: z.number().int(),
  /** Position of the label in the row, padding included. */
  position: z.number().int(),
  label: z.number().int(),
  text: z.string(),
  /** What the position is, where it explains the difference: `first real token, predicted from a pad`. */
  what: z.string(),
  reference: jsonNumber,
  target: jsonNumber,
});

export type LabelDifference = z.infer<typeof labelDifferenceSchema>;

/** The policy of the run against `safe`, on the same weights and the first batch. */
const policyEffectSchema = z.object({
  policy: z.string(),
  lossSafe: jsonNumber,
  lossPolicy: jsonNumber,
  labels: z.number().int(),
  differing: z.array(labelDifferenceSchema),
  differingCut: z.number().int(),
});
export type PolicyEffectRecord = z.infer<typeof policyEffectSchema>;

const laneStatus = z.enum(['running', 'complete', 'crashed', 'hung', 'device-lost', 'failed', 'interrupted']);

/**
 * What loading the model and its tokenizer found, beside what the model is. Terminal and page show `tokenizer` and `notes`;
 * the rest is for who asks.
 */
const modelFactsSchema = z.object({
  /** Which tokenizer, and what makes it one. */
  tokenizer: z.string().optional(),
  /** Data types of the weights in the file; empty for weights drawn from a seed. */
  storedAs: z.array(z.string()).readonly(),
  computedAs: z.string(),
  /** What is unusual, a sentence each; empty for most models. */
  notes: z.array(z.object({ about: z.enum(['weights', 'settings']), text: z.string() })).readonly(),
  /** Names of tensors in the file that the model has no use for; layers told as one. */
  unusedTensors: z.array(z.string()).readonly(),
  /** Settings of the folder without effect on the loss of given tokens, each with why. */
  unusedSettings: z.array(z.string()).readonly(),
});
export type ModelFactsRecord = z.infer<typeof modelFactsSchema>;

/** What every lane says of itself, whatever it computes. */
export const laneHead = {
  role: z.enum(['target', 'reference']),
  status: laneStatus,
  failure: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** The resolved configuration: flag name to value. */
  config: z.record(z.string(), z.unknown()),
  policy: z.object({
    name: z.string(),
    fill: z.string(),
    compose: z.string(),
    rowGuard: z.string(),
    computeDtype: z.string(),
    /** Under f16: where scores are rounded to half. */
    scoreRounding: z.string().optional(),
    /** Settings of the model that the policy's system drops, and that this model has. */
    dropped: z.array(z.string()).optional(),
  }),
  decision: decisionSchema,
  environment: environmentSchema,
  kernelNotes: z.array(kernelNoteSchema).readonly(),
  model: z.object({
    name: z.string(),
    parameters: z.number().int(),
    layers: z.number().int(),
    heads: z.number().int(),
    width: z.number().int(),
    vocabulary: z.number().int(),
    positions: z.number().int(),
    /** Heads have sinks, so that a query without a key is no NaN under any policy. */
    sinks: z.literal(true).optional(),
  }),
  /** Absent in records of earlier versions. */
  modelFacts: modelFactsSchema.optional(),
};

export const laneSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('lane'),
  ...laneHead,
  data: z.object({
    source: z.string(),
    rows: z.number().int(),
    truncated: z.number().int(),
    /** Where a run evaluates the beginning of its text alone though nobody set a limit: rows of the whole, and why. */
    cut: z.object({ of: z.number().int(), reason: z.string() }).optional(),
  }),
  metrics: metricsSchema.optional(),
  cascade: cascadeSchema.optional(),
  leak: leakSchema.optional(),
  policyEffect: policyEffectSchema.optional(),
  /** What decorates the record and could not be made, a line each. */
  leftOut: z.array(z.string()).readonly().optional(),
  memory: z.object({ peakResidentBytes: z.number(), tensorsGrown: z.number().int() }).optional(),
});
export type LaneRecord = z.infer<typeof laneSchema>;

// What a Python with PyTorch says of itself when it is asked: versions, devices, what chooses its kernels.

const torchDeviceSchema = z.object({
  /** `cpu`, `mps`, `cuda:0`. */
  name: z.string(),
  available: z.boolean(),
  label: z.string(),
  /** Why it is not available. */
  reason: z.string().optional(),
});

/** A small question with a known answer, asked of one device. */
const torchCheckSchema = z.object({
  name: z.string(),
  device: z.string(),
  result: z.string(),
  expected: z.string(),
  passed: z.boolean(),
  why: z.string(),
});

export const torchProbeSchema = z.object({
  python: z.string(),
  executable: z.string(),
  platform: z.string(),
  macos: z.string().nullish(),
  torch: z.string().nullable(),
  transformers: z.string().nullable(),
  safetensors: z.string().nullish(),
  numpy: z.string().nullish(),
  /** Why a package cannot be imported. */
  missing: z.unknown().optional(),
  devices: z.array(torchDeviceSchema).readonly(),
  /** Variables that choose kernels, where they are set. */
  environment: z.record(z.string(), z.string()),
  sdpaBackends: z.record(z.string(), z.boolean()),
  probes: z.array(torchCheckSchema).readonly(),
});
export type TorchProbe = z.infer<typeof torchProbeSchema>;

/** What the doctor found of PyTorch. */
export const doctorTorchSchema = z.object({
  status: z.enum(['found', 'absent']),
  /** Why it is this Python, or why there is none. */
  reason: z.string(),
  python: z.string().optional(),
  /** Where one was asked for. */
  device: z.string().optional(),
  probe: torchProbeSchema.optional(),
  /** Its attention under the cases of known reports. */
  conform: z
    .object({
      cases: z.number().int(),
      pass: z.number().int(),
      fail: z.number().int(),
      refused: z.number().int(),
      notRun: z.number().int(),
      passed: z.boolean(),
      sentence: z.string(),
      /** Those that failed, each with what it gave. */
      failed: z.array(z.string()),
    })
    .optional(),
});
export type DoctorTorch = z.infer<typeof doctorTorchSchema>;
