/** The part of the package that needs no file system: what a page can import. @module */

export { checkOutputs } from './check-devices.ts';
export type { MatrixConfig } from './configs.ts';
export {
  type ConformConfig,
  configRecord,
  type EvalConfig,
  toConfig,
  toConformConfig,
  toEvalConfig,
} from './configs.ts';
export { conformFlags } from './conform-flags.ts';
export { evalFlags } from './eval-flags.ts';
export { type Finding, failOnOf } from './fail-on.ts';
export {
  type Effect,
  effects,
  type Flag,
  type FlagValue,
  type FlagValues,
  flagNames,
  parseFlag,
} from './flag.ts';
export { claimsFlags, matrixFlags, mergeFlags } from './matrix-flags.ts';
export type { TraceSettings } from './policy.ts';
export {
  checkSdpaKernel,
  isUnguarded,
  policyOf,
  policyRecord,
  sdpaKernelOf,
  traceSettings,
} from './policy.ts';
export { resolveFlags } from './resolve-flags.ts';
export { trainFlags } from './train-flags.ts';
