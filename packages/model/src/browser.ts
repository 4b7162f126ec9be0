/** The part of the package that needs no file system: what a page can import. @module */

export { checkBatch, type HostBatch, positionLimit, uploadBatch } from './batch.ts';
export type {
  CaptureName,
  CausalLM,
  ForwardOptions,
  InputModel,
  JsonObject,
  ModelBatch,
  ModelConfig,
  Step,
} from './causal-lm.ts';
export { cutConfig, cutName, cutWeights, layerOf, wholeCut, wholeName } from './cut.ts';
export { Decoder, type DecoderConfig } from './decoder/decoder.ts';
export { decoderSpec, decoderTypes } from './decoder/families/index.ts';
export { decoderShapes } from './decoder/names.ts';
export type { DecoderSpec } from './decoder/spec.ts';
export { type DropoutHook, type DropoutRates, type DropoutSite, dropoutHook } from './dropout.ts';
export { dtypeName } from './dtype.ts';
export {
  anatomyOf,
  configJson,
  dropoutRates,
  familyOf,
  initialValues,
  isTable,
  modelOf,
  modelTypes,
  parameterShapes,
  parseConfig,
  parseConfigText,
  resizeConfig,
} from './families.ts';
export type { Anatomy, Cut, Family, Sizes, Stage, StageKind } from './family.ts';
export { generate } from './generate/generate.ts';
export { type GenerationFile, parseGenerationConfig } from './generate/generation-config.ts';
export { checkGenerateOptions, type GenerateOptions } from './generate/options.ts';
export { leftPad, type PromptBatch } from './generate/prompts.ts';
export type { GenerationStep, LogitClasses, RowEnd, RowStep } from './generate/steps.ts';
export { type WarpOptions, warp } from './generate/warp.ts';
export { type ActivationName, activationFunction, activationNames } from './gpt2/activations.ts';
export type { Gpt2Config } from './gpt2/config.ts';
export { isGpt2Config } from './gpt2/family.ts';
export { activate } from './kernels/activation.ts';
export type { Columns } from './kernels/dropout.ts';
export { dropout } from './kernels/dropout.ts';
export { geluNew } from './kernels/gelu-new.ts';
export { type LayerNormResults, layerNorm, layerNormResults } from './kernels/layer-norm.ts';
export { linear, linearTransposed } from './kernels/linear.ts';
export { normalCdf } from './kernels/normal-cdf.ts';
export { rmsNorm, rmsNormResults } from './kernels/rms-norm.ts';
export { rotary } from './kernels/rotary.ts';
export { rowArgmax, unanswerable } from './kernels/row-argmax.ts';
export { KeyValueCache } from './key-value-cache.ts';
export { isModelPreset, type ModelPreset, modelPresets, presetConfig } from './presets.ts';
export { isTrainedModel, type TrainedModel, trainedModelFiles, trainedModels } from './trained.ts';
export { buildCausalLM, type ModelParts, type ModelWeights, openParts } from './weights/build.ts';
export type { ModelFacts, ModelNote } from './weights/facts.ts';
export { type ModelFolder, openModel } from './weights/model-folder.ts';
