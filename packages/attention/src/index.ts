/** Scaled dot-product attention: mask algebra, policies of real systems, eager, sdpa, and a float64 oracle. @module */
export { attention } from './attention.ts';
export { type BlockedRow, blockedCells } from './blocked-cells.ts';
export type { AttentionOptions, Capture, CaptureStage, KeyColumns, ProbabilityDropout } from './call.ts';
export { type KernelCall, kernelChoice } from './fused/choose.ts';
export { castTo, hasHalf, roundNumberTo, roundTo, roundToHalf } from './kernels/rounding.ts';
export type { AttentionKernel, MaskShape, MaskSpec, PreparedMask } from './mask-types.ts';
export type { ReferenceMask, ReferenceProblem, ReferenceResult } from './oracle/problem.ts';
export {
  backward as referenceBackward,
  forward as referenceForward,
  referenceAttention,
} from './oracle/reference-attention.ts';
export {
  BFLOAT16_MIN,
  type Composition,
  type ComputeDtype,
  type Fill,
  FLOAT16_MIN,
  FLOAT32_MIN,
  type Implementation,
  maskedRow,
  maskedRowWords,
  type Policy,
  type RowGuard,
  safePolicy,
} from './policy.ts';
export { type PolicyRequest, policyFrom, policyWords } from './policy-from.ts';
export { prepareMask } from './prepare-mask.ts';
export {
  formerPresetNames,
  type Preset,
  type PresetName,
  policies,
  presentPolicyName,
  presetNames,
} from './presets.ts';
export { type AttentionProbeOutcome, attentionProbes } from './probes.ts';
export { type LikeDecision, policyHint, policyLike, systemsOf } from './systems.ts';
