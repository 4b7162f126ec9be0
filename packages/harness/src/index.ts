/** Runs evaluations and trainings: plans, lanes in processes of their own, run folders, comparison. @module */
export { compareRuns } from './compare/compare-runs.ts';
export { compareFlags, doctorFlags } from './config/compare-flags.ts';
export { configRecord, type EvalConfig, toConfig, toEvalConfig } from './config/eval-config.ts';
export { evalFlags } from './config/eval-flags.ts';
export { type Flag, type FlagValue, type FlagValues, parseFlag } from './config/flag.ts';
export { readConfigFile, resolveFlags } from './config/resolve-flags.ts';
export type { TrainConfig } from './config/train-config.ts';
export { trainFlags } from './config/train-flags.ts';
export { type Diagnosis, diagnose } from './doctor/diagnose.ts';
export { renderDiagnosis } from './doctor/render-diagnosis.ts';
export type { Decided } from './eval/decide.ts';
export { type EvalHooks, evaluate } from './eval/evaluate.ts';
export { nanscopeVersion } from './lane/environment.ts';
export type { LaneMessage, LaneOutcome, LaneTask } from './lane/task.ts';
export { readRun } from './run-folder/read.ts';
export { resumedValues } from './train/check-train.ts';
export { runTraining } from './train/run-training.ts';
