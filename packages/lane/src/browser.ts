/** The part of the package that needs no file system: what a page can import. @module */

export { observeCells } from './cells/observe-cells.ts';
export type { CellResult, ExperimentMessage } from './cells/task.ts';
export { type CellsTask, isFailure, type ObservedCell } from './cells/task.ts';
export {
  type ConformMessage,
  type ConformTask,
  implementationOf,
  isOnnxruntime,
  onnxruntimeDecision,
  onnxruntimeProvider,
  ownCases,
  ownKernels,
  refuseNoCases,
} from './conform/own-cases.ts';
export { collateOptions, type EvalBatch } from './data/collation.ts';
export { tokenizerChoice } from './data/tokenizer-choice.ts';
export { summarize } from './evaluate/cascade-summary.ts';
export {
  type AttentionPattern,
  attentionPattern,
  evaluateBatch,
  type PatternCell,
} from './evaluate/evaluate-batch.ts';
export { computationOf, type Evaluated, evaluateLane, type LaneSetup } from './evaluate/evaluate-lane.ts';
export { labelWords } from './evaluate/lane-record.ts';
export { checkTracing, LaneTracer } from './evaluate/tracer.ts';
export type { ExamineMessage, ExamineTask } from './examine/measure.ts';
export { type Measured, measure, selfCheckNames } from './examine/measure.ts';
export { askKernels, askShader } from './examine/numerics/ask-kernels.ts';
export { asked } from './examine/numerics/judge.ts';
export { questions } from './examine/numerics/questions.ts';
export { type ContinuationMessage, type GenerateTask, generateOptions } from './generate/task.ts';
export type { AttentionProbeMessage, AttentionProbeTask, ProbeMessage, ProbeTask } from './probe/probe.ts';
export {
  type LaneEnd,
  LaneFailure,
  laneOutcome,
  throwUserError,
  userErrorMessage,
} from './protocol/outcome.ts';
export type { LaneMessage, LaneOutcome, LaneTask, LaneTaskBase } from './protocol/task.ts';
export type { ReduceMessage, ReduceTask, Tried } from './reduce-case/case.ts';
export {
  batchOf,
  type Case,
  type CaseRow,
  consistent,
  IGNORED,
  keyOf,
  lengthOf,
  usedPositions,
  usedTokens,
  weightsOf,
  wholeCase,
} from './reduce-case/case.ts';
export type {
  Answering,
  Question,
  QuestionName,
  Questions,
  Replayable,
  ShadowMessage,
  ShadowTask,
} from './shadow/answer.ts';
export { answer, answerQuestions, batchAt } from './shadow/answer.ts';
export { Curve } from './train/curve.ts';
export type { TrainTask } from './train/settings.ts';
export { optimizerOf, settingsOf, stepsOf } from './train/settings.ts';
export { StepTracer } from './train/step-tracer.ts';
export {
  answerOf,
  runWorker,
  serveWorker,
  type WorkerEnd,
  type WorkerMessage,
  type WorkerOptions,
} from './transport/worker.ts';
export type { SelftestMessage, SelftestTask } from './trials/run-selftest-lane.ts';
