/** GPT-2 in the Hugging Face layout: config.json, model.safetensors, forward pass, seeded initialisation. @module */
export { checkBatch, type Gpt2Batch, type HostBatch, uploadBatch } from './batch.ts';
export { type Gpt2Config, parseConfig, readConfig } from './config.ts';
export { configJson } from './config-json.ts';
export { type Cut, cutConfig, cutName, cutWeights, wholeCut, wholeName } from './cut.ts';
export { type DropoutHook, type DropoutSite, dropoutHook } from './dropout.ts';
export { generate } from './generate/generate.ts';
export { checkGenerateOptions, type GenerateOptions } from './generate/options.ts';
export { leftPad, type PromptBatch } from './generate/prompts.ts';
export type { GenerationStep, LogitClasses, RowEnd, RowStep } from './generate/steps.ts';
export { type WarpOptions, warp } from './generate/warp.ts';
export { initialValues } from './initialize.ts';
export { dropout } from './kernels/dropout.ts';
export type { Columns } from './kernels/dropout-plan.ts';
export { geluNew } from './kernels/gelu-new.ts';
export { layerNorm } from './kernels/layer-norm.ts';
export { linear } from './kernels/linear.ts';
export { rowArgmax, unanswerable } from './kernels/row-argmax.ts';
export { KeyValueCache } from './key-value-cache.ts';
export {
  buildGpt2,
  checkGpt2,
  type Gpt2Weights,
  loadGpt2,
  type ModelSource,
  openWeights,
} from './load.ts';
export { type CaptureName, type ForwardOptions, Gpt2 } from './model.ts';
export { parameterShapes } from './parameters.ts';
export { isModelPreset, type ModelPreset, modelPresets, presetConfig } from './presets.ts';
export { type SaveOptions, saveGpt2, savePlace } from './save.ts';
export { isTrainedModel, type TrainedModel, trainedModelFolder, trainedModels } from './trained.ts';
