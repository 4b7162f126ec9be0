/** Flags, config files, and the typed configurations that are made of them. @module */
export * from './browser.ts';
export {
  compareFlags,
  doctorFlags,
  policiesFlags,
  type ReduceConfig,
  reduceFlags,
  reportFlags,
} from './compare-flags.ts';
export { type GenerateConfig, type TrainConfig, toGenerateConfig, toTrainConfig } from './configs.ts';
export { selftestFlags } from './conform-flags.ts';
export { generateFlags } from './generate-flags.ts';
export { readConfigFile, readSettings } from './node/read-settings.ts';
export { type PolicyRow, policyChoice, policyRows } from './policy.ts';
export { configSchema, configText } from './resolve-flags.ts';
export { docsFlags, initCommands, initFlags, runsFlags } from './shared-flags.ts';
