/** Text to batches for causal language models: tokenizers, streaming sources, padding, labels, positions. @module */
export * from './browser.ts';
export { builtinTextPath } from './builtin-text-path.ts';
export { loadTokenizer } from './load-tokenizer.ts';
export { findTextFiles, readTexts, type TextSource } from './read-texts.ts';
export { saveTokenizer, tokenizerFiles } from './save-tokenizer.ts';
