/** The part of the package that needs no file system: what a page can import. @module */
export { rowArgmax, unanswerable } from '@nanscope/model';
export {
  decideStep,
  GradientAccumulator,
  type GradientOptions,
  type Gradients,
  isFiniteStep,
  type LossAndGradients,
  lossAndGradients,
  type NonFinitePolicy,
  nonFinitePolicies,
  type StepDecision,
} from './gradients.ts';
export type { AdamWAttrs } from './kernels/adamw-step.ts';
export { type AdamWInputs, adamWStep } from './kernels/adamw-step.ts';
export { euclideanNorm } from './kernels/euclidean-norm.ts';
export { crossEntropy, ignoredLabel } from './kernels/sparse-cross-entropy.ts';
export { type ObservedDifference, observedDifference } from './loop/observed.ts';
export {
  atTheStart,
  type DataPlan,
  epochsAfter,
  type RunProgress,
  StepRows,
  stepsPerEpoch,
  totalSteps,
} from './loop/plan.ts';
export type {
  NonFiniteStep,
  Observer,
  SaveReason,
  StepFigures,
  StepKernel,
  StepPart,
  StepReport,
  TrainEnd,
  TrainHooks,
  Training,
  TrainingRows,
  TrainSettings,
  ValidationReport,
} from './loop/settings.ts';
export { type Blocks, packBlocks, type Split, type SplitRule, splitRows, splitRules } from './loop/split.ts';
export { planOf, type TrainResult, train, weightsAreFinite } from './loop/train.ts';
export {
  batchLoss,
  checkLossOptions,
  type LossOptions,
  type StepPhase,
  tokenLosses,
  untracedStep,
} from './loss/token-losses.ts';
export { AdamW, type AdamWOptions, SGD, type SGDOptions, smallestEpsilon } from './optimizer/adamw.ts';
export type { Optimizer, OptimizerState, Parameters } from './optimizer/optimizer.ts';
export { type DecayRule, decayRules, gradientNorm, gradientScale, isDecayed } from './optimizer/optimizer.ts';
export {
  checkSchedule,
  type ScheduleName,
  type ScheduleOptions,
  scheduleFactor,
  scheduleName,
  scheduleNames,
} from './schedule.ts';
export {
  EvalAccumulator,
  type EvalMetrics,
  type RunPhase,
  rowsPerChunk,
  scoreRows,
  type TokenResults,
  type TokenScores,
} from './score.ts';
export {
  type LabelledBatch,
  type SupervisedRows,
  shiftLabels,
  supervisedRows,
  type TrainingBatch,
  uploadTrainingBatch,
} from './training-batch.ts';
