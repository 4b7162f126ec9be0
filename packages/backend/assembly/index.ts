/** What the module exports: addresses and numbers in, results in memory. */
export { attentionBackward, attentionForward, scratchBytes } from './attention';
export { narrowProduct, product } from './product';
