/** What the module exports: addresses and numbers in, results in memory. */
export { narrowProduct, product, scratchBytes } from './product';
