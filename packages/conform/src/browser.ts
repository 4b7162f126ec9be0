/** The part of the package that needs no file system: what a page can import. @module */
export {
  type AttentionNumbers,
  type AttentionProblem,
  type Comparison,
  type ConformCase,
  type Control,
  type Judgement,
  outputOnly,
  type Run,
  tensorNames,
  type Wanted,
  withGradients,
} from './case.ts';
export { type AttentionImplementation, Refused } from './implementation.ts';
export { type OnnxruntimeOperator, onnxruntimeOperators } from './implementations/onnxruntime/operators.ts';
export { type TensorflowAttention, tensorflowImplementation } from './implementations/tensorflow.ts';
export { largest, type Measured, measure, relativeError } from './judge/compare.ts';
export { type CaseResult, type ControlResult, verdict } from './judge/verdict.ts';
export type {
  KernelCase,
  KernelImplementation,
  KernelName,
  KernelNumbers,
  KernelProblem,
  KernelTensor,
} from './kernels/case.ts';
export { kernelCases } from './kernels/index.ts';
export { metamorphicCases } from './metamorphic/index.ts';
export { numbers } from './numbers.ts';
export { oracleComparisons } from './oracle/accuracy.ts';
export { oracleCase, oracleCases } from './oracle/cases.ts';
export { idFilter } from './run/filter.ts';
export { runCase, runSuite } from './run/run-suite.ts';
