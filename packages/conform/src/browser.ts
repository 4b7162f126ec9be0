/** The part of the package that needs no file system: what a page can import. @module */
export {
  type AttentionImplementation,
  type AttentionNumbers,
  type AttentionProblem,
  type Comparison,
  type ConformCase,
  type Control,
  type Judgement,
  numbers,
  outputOnly,
  Refused,
  type Run,
  tensorNames,
  type Wanted,
  withGradients,
} from './case.ts';
export { type OnnxruntimeOperator, onnxruntimeOperators } from './implementations/onnxruntime/call.ts';
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
export { oracleCase, oracleCases, oracleComparisons } from './oracle/cases.ts';
export { idFilter, runCase, runSuite } from './run/run-suite.ts';
export {
  type TorchAnswer,
  type TorchCall,
  type TorchCase,
  type TorchTensor,
  torchCases,
  torchNumber,
} from './torch/judge.ts';
