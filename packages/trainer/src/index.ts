/** Loss and metrics of causal language models that never hide a NaN. @module */
export {};
