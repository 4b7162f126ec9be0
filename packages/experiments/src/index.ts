/** Small experiments on a tiny model: the matrix of conditions for NaN and leaks, and the claims it decides. @module */
export {
  type Cell,
  type ConditionName,
  cellId,
  conditionNames,
  conditionsFrom,
  differences,
  type FactorName,
  factors,
  isForeign,
  meets,
  type Observation,
  type Outcome,
  plainCell,
} from './cell/cell.ts';
export { type ForeignAttention, runForeignCell } from './cell/foreign-cell.ts';
export { predict } from './cell/predict.ts';
export { runCell, tinyModel } from './cell/run-cell.ts';
export type { Claim, Verdict } from './claims/claim.ts';
export { type KernelFacts, kernelFacts } from './claims/claim.ts';
export { claimCells, claims, type DeviceObservations, type Finding, judgeClaims } from './claims/index.ts';
export type { Trial } from './detector/inject.ts';
export { detectorTrials, type TrialPlan } from './detector/run-trials.ts';
export { MECHANISM_BAR, type Score, type ScoreSheet, scoreSheet } from './detector/score.ts';
export {
  cellsOf,
  type FactorValues,
  minimalSufficientSets,
  type Necessity,
  namedConditions,
  necessityOf,
  type SufficientSet,
} from './matrix/conditions.ts';
export {
  type Answer,
  hash,
  type MatrixSummary,
  type ObservedCell,
  type Question,
  questions,
  type Surprise,
  summarizeMatrix,
} from './matrix/summary.ts';
