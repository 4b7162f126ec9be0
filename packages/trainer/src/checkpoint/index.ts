/** Training checkpoints on disk: written whole or not at all, checked when they are read. */
export {
  type Checkpoint,
  checkExpected,
  checkpointFiles,
  checkpointFolders,
  checkpointFormat,
  type ExpectedState,
  type HostTensor,
  type HostTensors,
  type Json,
  type JsonObject,
  type TrainerState,
} from './format.ts';
export {
  type CheckpointNames,
  checkCheckpoint,
  checkpointNames,
  type LoadedCheckpoint,
  readCheckpoint,
  readLatest,
} from './read.ts';
export { type KeepRule, writeCheckpoint } from './write.ts';
