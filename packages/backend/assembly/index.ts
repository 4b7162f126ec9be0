/** What the module exports: addresses and numbers in, results in memory. */
export { adamWStep } from './adamw';
export { attentionBackward } from './attention-backward';
export { attentionForward } from './attention-forward';
export { scratchBytes } from './attention-problem';
export { countNonFinite, nonFinite } from './health';
export { gatherRows, transposeRows } from './move';
export { narrowProduct } from './narrow-product';
export { layerNorm, layerNormGrad, rmsNorm, rmsNormGrad } from './norms';
export {
  exponential,
  geluNew,
  geluNewGrad,
  rowArgmax,
  rowExponentials,
  rowMaxima,
  sigmoid,
  siluGrad,
} from './pointwise';
export { product } from './product';
export { selectMasked } from './select';
export { columnSums, rowSums, squareSums } from './sums';
export { compareRows, logicRows } from './truth';
