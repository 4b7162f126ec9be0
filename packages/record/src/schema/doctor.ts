/** What `doctor --json` prints: the machine, and what each backend on it offers, computes and passes. */
import { z } from 'zod';
import { adapterSchema } from './device.ts';
import { doctorTorchSchema } from './lane.ts';

/** Name and version; the version is raised when a field changes its meaning. */
export const DOCTOR_SCHEMA = 'nanscope-doctor/1';

/** What a device gave for a question of the table, decided by bits. */
export const numericAnswerSchema = z.object({
  /** Bits in words: `NaN`, `Infinity`, `-0`, `2^-127`, `1.5`; `mixed` where equal elements came out differently. */
  found: z.string(),
  /** By bits, any NaN for a NaN; `refused` where the device could not be asked. */
  status: z.enum(['as IEEE 754', 'differs', 'refused']),
});
export type NumericAnswer = z.infer<typeof numericAnswerSchema>;

const numericQuestionSchema = z.object({
  id: z.string(),
  topic: z.enum(['NaN kept', 'select', 'infinities', 'subnormals', 'copies', 'f16']),
  /** What was computed: `max(NaN, 0)`. */
  computed: z.string(),
  /** What IEEE 754 asks for. */
  expected: z.string(),
  /** What WGSL permits beside that; absent where it permits nothing else. */
  permitted: z.string().optional(),
});
export type NumericQuestion = z.infer<typeof numericQuestionSchema>;

const selfCheckSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  /** What passed, or what failed first. */
  detail: z.string(),
});
export type SelfCheck = z.infer<typeof selfCheckSchema>;

export const doctorBackendSchema = z.object({
  id: z.string(),
  /** `ended`: it opens, and its process ended before the last answer. What it had said until then is kept. */
  status: z.enum(['opens', 'absent', 'ended']),
  /** Why it is absent, or how its process ended. */
  reason: z.string().optional(),
  remedy: z.string().optional(),
  version: z.string().optional(),
  adapter: adapterSchema.optional(),
  /** Limits of the device as it was opened, by their names in WebGPU. */
  limits: z.record(z.string(), z.number()),
  /** How the driver's compiler treats NaN and infinities, where that is known, and where it is known from. */
  mathMode: z.object({ mode: z.enum(['fast', 'relaxed', 'strict', 'unknown']), why: z.string() }).optional(),
  /** By id of the question, as the kernels that nanscope runs on the backend answer it. */
  kernels: z.record(z.string(), numericAnswerSchema),
  /** The same as a shader of nothing but the expression answers it. GPU backends only. */
  shader: z.record(z.string(), numericAnswerSchema).optional(),
  selfTest: z.array(selfCheckSchema),
  seconds: z.number(),
});
export type DoctorBackend = z.infer<typeof doctorBackendSchema>;

const doctorVerdictSchema = z.object({
  code: z.enum(['healthy', 'self-test-failed', 'interrupted']),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(130)]),
  sentence: z.string(),
  next: z.string(),
});
export type DoctorVerdict = z.infer<typeof doctorVerdictSchema>;

export const doctorSchema = z.object({
  schema: z.literal(DOCTOR_SCHEMA),
  kind: z.literal('doctor'),
  command: z.string(),
  machine: z.object({
    nanscope: z.string(),
    /** How it was installed; absent in older records. */
    installation: z.enum(['a checkout', 'npx', 'an npm package']).optional(),
    node: z.string(),
    /** Platform, release and, on macOS, the version of the system. */
    os: z.string(),
    arch: z.string(),
    cpu: z.string(),
    cores: z.number().int(),
    memoryGiB: z.number(),
  }),
  /** Variables that were set for the processes of the backends. */
  environment: z.record(z.string(), z.string()),
  questions: z.array(numericQuestionSchema),
  backends: z.array(doctorBackendSchema),
  /** Absent in records of earlier versions, and where another device was asked for alone. */
  torch: doctorTorchSchema.optional(),
  verdict: doctorVerdictSchema,
});
export type DoctorRecord = z.infer<typeof doctorSchema>;
