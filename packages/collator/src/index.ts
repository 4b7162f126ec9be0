/** Text to batches for causal language models: tokenizers, streaming sources, padding, labels, positions. @module */
export {};
