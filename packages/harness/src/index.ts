/** Runs evaluations, trainings, experiments and conformance suites: plans, lanes in processes of their own, run folders, comparison. @module */

export { keepLanes } from '@nanscope/lane';
export * from './browser.ts';
export { runClaims } from './claims/run-claims.ts';
export { compareRuns } from './compare/compare-folders.ts';

export { conform } from './conform/conform.ts';
export { type DoctorConfig, type DoctorHooks, diagnose } from './doctor/diagnose.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { checkSameSettings, resumedEvaluation } from './evaluate/resume.ts';
export { storyOf } from './explain/story.ts';
export { type GenerateHooks, generateTexts } from './generate/generate-texts.ts';
export { checkWritable } from './lanes/check-inputs.ts';
export type { RunHooks } from './lanes/run-lanes.ts';
export { mergeMatrices } from './matrix/merge.ts';
export { runMatrix } from './matrix/run-matrix.ts';
export { type ListedRun, listRuns } from './open/list-runs.ts';
export { type FoundRecord, readRecord, withFilesBeside } from './open/read-record.ts';
export type { ReduceHooks } from './reduce/record.ts';
export { reduceRun } from './reduce/reduce-run.ts';
export { removeLink, writeScalars } from './run-folder/resumed-settings.ts';
export { type SelftestConfig, selftest } from './selftest/selftest.ts';
export { compareTrainRuns, isTrainingRun } from './train/compare-training.ts';
export { resumedRun, resumedValues } from './train/resumed-run.ts';
export { runTraining } from './train/run-training.ts';
