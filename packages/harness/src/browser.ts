/**
 * The part of the package that needs no file system and no process: what a page can import. Lanes, decisions, comparison
 * and verdict are the same there; where workers and files come from is the page's business.
 *
 * @module
 */
export { type ClaimsConfig, type ClaimsOutcome, decideClaims } from './claims/decide-claims.ts';
export { compareLanes, type LaneFiles } from './compare/compare-lanes.ts';
export { interrupted, judge } from './compare/verdict.ts';
export { claimsFlags } from './config/claims-flags.ts';
export type { ConformConfig } from './config/conform-config.ts';
export { conformFlags } from './config/conform-flags.ts';
export { configRecord, type EvalConfig, toConfig, toEvalConfig } from './config/eval-config.ts';
export { evalFlags } from './config/eval-flags.ts';
export { type Flag, type FlagValue, type FlagValues, parseFlag } from './config/flag.ts';
export type { MatrixConfig } from './config/matrix-config.ts';
export { matrixFlags, mergeFlags } from './config/matrix-flags.ts';
export { resolveFlags } from './config/resolve-flags.ts';
export { type ConformRun, conformRecord } from './conform/conform-record.ts';
export { ownCases, refuseNoCases } from './conform/own-cases.ts';
export { collateOptions, type EvalBatch } from './data/collation.ts';
export { type Measured, measure } from './doctor/measure.ts';
export { asked } from './doctor/numerics/judge.ts';
export { questions } from './doctor/numerics/questions.ts';
export { type CheckedInputs, checkBatches, checkMaxLength, checkSettings } from './eval/check-batches.ts';
export { type Decided, type DecidedDevices, decideWith, type Probing } from './eval/decision.ts';
export type { CellHooks, ExperimentHooks, Laboratory } from './experiments/laboratory.ts';
export { decideNamed, type NamedDevice } from './experiments/named-devices.ts';
export { observeCells } from './experiments/observe-cells.ts';
export type { CellResult, ExperimentMessage } from './experiments/task.ts';
export { type AttentionPattern, attentionPattern, type PatternCell } from './lane/attention-pattern.ts';
export { computationOf, type Evaluated, evaluateLane, type LaneSetup } from './lane/evaluate-lane.ts';
export { type LaneEnd, laneOutcome } from './lane/lane-outcome.ts';
export { type LaneEvent, type Outcomes, type Role, roles, runLanes } from './lane/run-lanes.ts';
export type { LaneMessage, LaneOutcome, LaneTask } from './lane/task.ts';
export { userErrorMessage } from './lane/user-error-message.ts';
export { cellLine, cellOf } from './matrix/cell-line.ts';
export { cellRecords } from './matrix/cell-records.ts';
export { type CellStore, observeMatrix } from './matrix/observe-matrix.ts';
export { matrixConfig, planMatrix } from './matrix/plan.ts';
export { parseJsonLines } from './run-folder/parse-lines.ts';
export { parseRun } from './run-folder/parse-run.ts';
export type { RecordSink } from './run-folder/sink.ts';
export { lineText, recordText, textSink } from './run-folder/text-sink.ts';
export { tracesOf } from './run-folder/traces-of.ts';
export type { Answering } from './shadow/answer.ts';
export { answerQuestions } from './shadow/answer-questions.ts';
export { investigate } from './shadow/investigate.ts';
export { openShadowLane, type ShadowLane } from './shadow/shadow-lane.ts';
export type { Question, ShadowMessage, ShadowTask } from './shadow/task.ts';
