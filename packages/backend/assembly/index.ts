/** What the module exports: addresses and numbers in, results in memory. */
export { attentionBackward } from './attention-backward';
export { attentionForward } from './attention-forward';
export { scratchBytes } from './attention-problem';
export { narrowProduct } from './narrow-product';
export { geluNew, rowExponentials } from './pointwise';
export { product } from './product';
