/** What a Python with PyTorch says of itself when it is asked: versions, devices, what chooses its kernels. */
import { z } from 'zod';

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
