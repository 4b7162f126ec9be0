/** Loss and metrics of causal language models that never hide a NaN. @module */

export { rowArgmax, unanswerable } from '@nanscope/gpt2';
export { EvalAccumulator, type EvalMetrics, type TokenResults } from './eval-accumulator.ts';
export { crossEntropy, ignoredLabel } from './kernels/sparse-cross-entropy.ts';
export { type RunPhase, rowsPerChunk, scoreRows, type TokenScores } from './score.ts';
export { type SupervisedRows, shiftLabels, supervisedRows } from './shift.ts';
