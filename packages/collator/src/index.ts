/** Text to batches for causal language models: tokenizers, streaming sources, padding, labels, positions. @module */
export {
  type CausalLMBatch,
  type CollateOptions,
  ignoreIndex,
  type Side,
  type TokenRow,
} from './batch-types.ts';
export { type BatchOptions, batches, type TextBatch } from './batches.ts';
export { builtinTextPath } from './builtin-text.ts';
export { byteSpecials, byteTokenizer } from './byte-tokenizer.ts';
export { collateCausalLM } from './collate.ts';
export * from './corpus/index.ts';
export { loadTokenizer } from './load-tokenizer.ts';
export { saveTokenizer, tokenizerFiles } from './save-tokenizer.ts';
export { findTextFiles } from './text-files.ts';
export { readTexts, type TextRow, type TextSource } from './text-rows.ts';
export type { Tokenizer } from './tokenizer.ts';
