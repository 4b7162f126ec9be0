/** The device decision and the facts it rests on, as stored in every result. */
import { z } from 'zod';

export const adapterSchema = z.object({
  vendor: z.string(),
  architecture: z.string(),
  device: z.string(),
  description: z.string(),
  api: z.string(),
  software: z.boolean(),
  features: z.array(z.string()).readonly(),
});

export const decisionSchema = z.object({
  requested: z.string(),
  backend: z.string(),
  adapter: adapterSchema.optional(),
  software: z.boolean(),
  attention: z.enum(['eager', 'sdpa']),
  rules: z.array(z.object({ rule: z.string(), reason: z.string() })).readonly(),
  warnings: z.array(z.string()).readonly(),
  label: z.string(),
  /** The Python that runs a lane of PyTorch, and the device as PyTorch names it. */
  torch: z.object({ python: z.string(), device: z.string() }).optional(),
});
export type DecisionRecord = z.infer<typeof decisionSchema>;

/** How a lane ended. */
export const laneStatusSchema = z.enum([
  'complete',
  'crashed',
  'hung',
  'device-lost',
  'failed',
  'interrupted',
]);

/** A device on which an experiment was run, as every result that lists devices says it. */
export const deviceRow = {
  /** As it was asked for. */
  name: z.string(),
  /** Backend, adapter and driver in words. */
  label: z.string(),
  backend: z.string(),
  gpu: z.boolean(),
  status: laneStatusSchema,
  failure: z.string().optional(),
} as const;

export const kernelNoteSchema = z.object({
  kernel: z.string(),
  status: z.enum(['supplied', 'replaced', 'known-divergence']),
  why: z.string(),
});

export const environmentSchema = z.object({
  nanscope: z.string(),
  node: z.string(),
  os: z.string(),
  osVersion: z.string(),
  arch: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  backendVersion: z.string(),
  /** False where the shading language may assume that NaN and infinities do not occur; absent where nobody said. */
  strictNumerics: z.boolean().optional(),
});
export type EnvironmentRecord = z.infer<typeof environmentSchema>;
