/** Loss and metrics of causal language models that never hide a NaN. @module */
export { EvalAccumulator, type EvalMetrics, type TokenResults } from './eval-accumulator.ts';
export { rowArgmax, unanswerable } from './kernels/row-argmax.ts';
export { crossEntropy, ignoredLabel } from './kernels/sparse-cross-entropy.ts';
export { type RunPhase, rowsPerChunk, scoreRows, type TokenScores } from './score.ts';
export { type SupervisedRows, shiftLabels, supervisedRows } from './shift.ts';
