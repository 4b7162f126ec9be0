/** Causal language models in the Hugging Face layout: config.json, model.safetensors, forward pass, seeded initialisation. @module */
export * from './browser.ts';
export { trainedModelFolder } from './trained-folder.ts';
export { checkModel, loadCausalLM, type ModelSource, openWeights } from './weights/load.ts';
export { checkMemory, memoryOf, memoryWords } from './weights/memory.ts';
export { fileName, type SaveOptions, saveCausalLM, savePlace } from './weights/save.ts';
