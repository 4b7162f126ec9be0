/** The part of the package that needs no file system: what a page can import. @module */

export { observeCells } from './cells/observe-cells.ts';
export type { CellResult, ExperimentMessage } from './cells/task.ts';
export { type CellsTask, isFailure, type ObservedCell } from './cells/task.ts';
export { ownKernels } from './conform/kernels.ts';
export { isOnnxruntime, onnxruntimeDecision, onnxruntimeProvider } from './conform/onnxruntime.ts';
export { ownCases, refuseNoCases } from './conform/own-cases.ts';
export { type ConformMessage, type ConformTask, implementationOf } from './conform/task.ts';
export { collateOptions, type EvalBatch } from './data/collation.ts';
export { tokenizerChoice } from './data/tokenizer-choice.ts';
export { type AttentionPattern, attentionPattern, type PatternCell } from './evaluate/attention-pattern.ts';
export { summarize } from './evaluate/cascade-summary.ts';
export { checkTracing } from './evaluate/check-tracing.ts';
export { evaluateBatch } from './evaluate/evaluate-batch.ts';
export { computationOf, type Evaluated, evaluateLane, type LaneSetup } from './evaluate/evaluate-lane.ts';
export { labelWords } from './evaluate/label-words.ts';

export { LaneTracer } from './evaluate/tracer.ts';
export { type Measured, measure } from './examine/measure.ts';
export { askKernels } from './examine/numerics/ask-kernels.ts';
export { askShader } from './examine/numerics/ask-shader.ts';
export { asked } from './examine/numerics/judge.ts';
export { questions } from './examine/numerics/questions.ts';
export { selfCheckNames } from './examine/self-test.ts';
export type { ExamineMessage, ExamineTask } from './examine/task.ts';
export { type ContinuationMessage, type GenerateTask, generateOptions } from './generate/task.ts';
export type { AttentionProbeMessage, AttentionProbeTask, ProbeMessage, ProbeTask } from './probe/task.ts';
export { LaneFailure } from './protocol/lane-failure.ts';
export { type LaneEnd, laneOutcome, throwUserError } from './protocol/outcome.ts';
export type { LaneMessage, LaneOutcome, LaneTask, LaneTaskBase } from './protocol/task.ts';
export { userErrorMessage } from './protocol/user-error-message.ts';
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
  wholeCase,
} from './reduce-case/case.ts';
export { weightsOf } from './reduce-case/cut-model.ts';
export type { ReduceMessage, ReduceTask, Tried } from './reduce-case/task.ts';
export type { Answering } from './shadow/answer.ts';
export { answer } from './shadow/answer.ts';
export { answerQuestions } from './shadow/answer-questions.ts';
export type {
  Question,
  QuestionName,
  Questions,
  Replayable,
  ShadowMessage,
  ShadowTask,
} from './shadow/task.ts';
export { Curve } from './train/curve.ts';
export { optimizerOf, settingsOf } from './train/settings.ts';
export { StepTracer } from './train/step-tracer.ts';
export type { TrainTask } from './train/task.ts';
export type { SelftestMessage, SelftestTask } from './trials/task.ts';
