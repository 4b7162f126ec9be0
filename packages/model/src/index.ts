/** GPT-2 in the Hugging Face layout: config.json, model.safetensors, forward pass, seeded initialisation. @module */
export * from './browser.ts';
export { trainedModelFolder } from './trained-folder.ts';
export { checkGpt2, loadGpt2, type ModelSource, openWeights } from './weights/load.ts';
export { type SaveOptions, saveGpt2, savePlace } from './weights/save.ts';
