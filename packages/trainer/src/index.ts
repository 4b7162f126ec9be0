/** Loss, metrics, gradients and optimizers of causal language models that never hide a NaN. @module */
export * from './browser.ts';
export * from './checkpoint/index.ts';
export * from './tensorboard/index.ts';
