/** The part of the package that needs no file system: what a page can import. @module */
export {
  type CausalLMBatch,
  type CollateOptions,
  ignoreIndex,
  type Side,
  type TokenRow,
} from './batch-types.ts';
export { type BatchOptions, batches, type TextBatch } from './batches.ts';
export { builtinTextUrl } from './builtin-text.ts';
export { byteSpecials, byteTokenizer } from './byte-tokenizer-files.ts';
export { collateCausalLM } from './collate.ts';
export * from './corpus/markov-corpus.ts';
export type { TokenizerFolder } from './folder.ts';
export { readableText } from './text-lines.ts';
export { isJsonLines, rowsOf, sourceWords, type TextRow, type TextStream } from './text-rows.ts';
export { type Tokenizer, tokenizerWords } from './tokenizer.ts';
export { tokenizerOf } from './tokenizer-folder.ts';
