/** What computes: a task in, messages and a run folder out, in a process or a worker. @module */
export * from './browser.ts';
export { readCases } from './conform/cases.ts';
export { batchLine } from './data/batch-lines.ts';
export { withModelFolder } from './data/hub-model.ts';
export { evalBatches, lacksTokenizer, loadTokenizerFor, textRows } from './data/inputs.ts';
export { loadInputs } from './data/load-inputs.ts';
export { modelConfig, modelSource } from './data/model.ts';
export { removeTemporary } from './evaluate/earlier-lane.ts';
export { runLane } from './evaluate/run-lane.ts';
export { saveOutputs } from './evaluate/save-outputs.ts';
export { torchTaskOf } from './evaluate/torch-task.ts';
export { type Prompt, promptIds, readPrompts } from './generate/prompts.ts';
export {
  checkMaxLength,
  type GenerationSettings,
  generationFile,
  generationSettings,
} from './generate/settings.ts';
export type { Continuation } from './generate/task.ts';
export { measureAttention } from './probe/measure-attention.ts';
export { nanscopeVersion } from './session/environment.ts';
export { thirdPartyBackend } from './session/find-backend.ts';
export { checkpointRoot, identity, type RunIdentity } from './train/checkpoints.ts';
export { trainData } from './train/data.ts';
export { loadTrainModel, trainModelConfig } from './train/model.ts';
export { cardMark } from './train/model-card.ts';
export { runChild } from './transport/process.ts';
export { startLane } from './transport/start-lane.ts';
export { runTorch, torchIn } from './transport/torch.ts';
export { watchLane } from './transport/watch.ts';
