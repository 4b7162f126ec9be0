/** What computes: a task in, messages and a run folder out, in a process or a worker. @module */
export * from './browser.ts';
export { readCases } from './conform/run-conform-lane.ts';
export { batchLine } from './data/collation.ts';
export { evalBatches, lacksTokenizer, loadTokenizerFor, textRows } from './data/inputs.ts';
export { loadInputs } from './data/load-inputs.ts';
export { inputModel, modelConfig, modelSource, withModelFolder } from './data/model.ts';
export { removeTemporary, runLane } from './evaluate/run-lane.ts';
export { saveOutputs } from './evaluate/save-outputs.ts';
export { STAGES_FILE } from './evaluate/save-stages.ts';
export { type TorchFault, torchReduceTask, torchShadowTask, torchTaskOf } from './evaluate/torch-task.ts';
export { type Prompt, promptIds, readPrompts } from './generate/prompts.ts';
export {
  checkMaxLength,
  type GenerationSettings,
  generationFile,
  generationSettings,
} from './generate/settings.ts';
export type { Continuation } from './generate/task.ts';
export { nanscopeVersion, thirdPartyBackend } from './session/open-session.ts';
export type { TorchCapture, TorchCapturedOp, TorchDigest } from './shadow/torch-questions.ts';
export { checkpointRoot, identity, type RunIdentity } from './train/checkpoints.ts';
export { trainData } from './train/data.ts';
export { cardMark, loadTrainModel, trainModelConfig } from './train/model.ts';
export { runChild } from './transport/child.ts';
export { endKept, keepLanes } from './transport/kept.ts';
export { startLane, watchLane } from './transport/start-lane.ts';
export { runTorch, torchIn } from './transport/torch.ts';
