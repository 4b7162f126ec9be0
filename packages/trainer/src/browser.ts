/** The part of the package that needs no file system: what a page can import. @module */
export { rowArgmax, unanswerable } from '@nanscope/model';
export { GradientAccumulator } from './accumulate.ts';
export { EvalAccumulator, type EvalMetrics, type TokenResults } from './eval-accumulator.ts';
export {
  type GradientOptions,
  type Gradients,
  type LossAndGradients,
  lossAndGradients,
} from './gradients.ts';
export {
  decideStep,
  isFiniteStep,
  type NonFinitePolicy,
  nonFinitePolicies,
  type StepDecision,
} from './health.ts';
export { type AdamWInputs, adamWStep } from './kernels/adamw-step.ts';
export type { AdamWAttrs } from './kernels/adamw-step.wgsl.ts';
export { euclideanNorm } from './kernels/euclidean-norm.ts';
export { crossEntropy, ignoredLabel } from './kernels/sparse-cross-entropy.ts';
export { type Blocks, packBlocks } from './loop/blocks.ts';
export { type ObservedDifference, observedDifference } from './loop/observed.ts';
export { type DataPlan, epochsAfter, StepRows, stepsPerEpoch, totalSteps } from './loop/plan.ts';
export { atTheStart, type RunProgress } from './loop/progress.ts';
export type {
  NonFiniteStep,
  Observer,
  SaveReason,
  StepFigures,
  StepPart,
  StepReport,
  TrainEnd,
  TrainHooks,
  Training,
  TrainingRows,
  TrainSettings,
  ValidationReport,
} from './loop/settings.ts';
export { type Split, type SplitRule, splitRows, splitRules } from './loop/split.ts';
export { planOf, type TrainResult, train, weightsAreFinite } from './loop/train.ts';
export { batchLoss, type StepPhase, untracedStep } from './loss/batch-loss.ts';
export { checkLossOptions, type LossOptions, tokenLosses } from './loss/token-losses.ts';
export { AdamW, type AdamWOptions, smallestEpsilon } from './optimizer/adamw.ts';
export { gradientNorm, gradientScale } from './optimizer/clip.ts';
export { type DecayRule, decayRules, isDecayed } from './optimizer/groups.ts';
export type { Optimizer, OptimizerState, Parameters } from './optimizer/optimizer.ts';
export { SGD, type SGDOptions } from './optimizer/sgd.ts';
export {
  checkSchedule,
  type ScheduleName,
  type ScheduleOptions,
  scheduleFactor,
  scheduleName,
  scheduleNames,
} from './schedule.ts';
export { type RunPhase, rowsPerChunk, scoreRows, type TokenScores } from './score.ts';
export { type SupervisedRows, shiftLabels, supervisedRows } from './shift.ts';
export { type LabelledBatch, type TrainingBatch, uploadTrainingBatch } from './training-batch.ts';
