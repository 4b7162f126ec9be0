/** Flags, config files, and the typed configurations that are made of them. @module */
export * from './browser.ts';
export { compareFlags, doctorFlags, policiesFlags, reportFlags } from './compare-flags.ts';
export { configSchema, configText } from './config-text.ts';
export type { GenerateConfig } from './generate-config.ts';
export { generateFlags } from './generate-flags.ts';
export { readConfigFile } from './node/config-file.ts';
export { readSettings } from './node/read-settings.ts';
export { type PolicyRow, policyChoice, policyRows } from './policy-table.ts';
export { type ReduceConfig, reduceFlags } from './reduce-flags.ts';
export { initCommands, initFlags, runsFlags } from './run-flags.ts';
export { selftestFlags } from './selftest-flags.ts';
export type { TrainConfig } from './train-config.ts';
