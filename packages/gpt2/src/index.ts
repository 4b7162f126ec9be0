/** GPT-2 in the Hugging Face layout: config.json, model.safetensors, forward pass, seeded initialisation. @module */
export { checkBatch, type Gpt2Batch, type HostBatch, uploadBatch } from './batch.ts';
export { type Gpt2Config, parseConfig, readConfig } from './config.ts';
export { type DropoutHook, type DropoutSite, dropoutHook } from './dropout.ts';
export { initialValues } from './initialize.ts';
export { dropout } from './kernels/dropout.ts';
export type { Columns } from './kernels/dropout-plan.ts';
export { geluNew } from './kernels/gelu-new.ts';
export { layerNorm } from './kernels/layer-norm.ts';
export { linear } from './kernels/linear.ts';
export { rowArgmax, unanswerable } from './kernels/row-argmax.ts';
export { KeyValueCache } from './key-value-cache.ts';
export { checkGpt2, loadGpt2, type ModelSource } from './load.ts';
export { type CaptureName, type ForwardOptions, Gpt2 } from './model.ts';
export { parameterShapes } from './parameters.ts';
export { isModelPreset, type ModelPreset, modelPresets, presetConfig } from './presets.ts';
