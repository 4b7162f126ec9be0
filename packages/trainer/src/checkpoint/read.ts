/** Reads checkpoints back, every byte checked against the sums in trainer.json. Nothing is written here. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { readSafetensors, toFloat32 } from '@nanscope/safetensors';
import {
  checkExpected,
  checkpointFiles,
  checkpointFolders,
  type ExpectedState,
  type FileSum,
  type HostTensor,
  type HostTensors,
  parseStateJson,
  type TrainerState,
} from './format.ts';
import { fileSum, readPointer } from './write.ts';

export interface LoadedCheckpoint {
  /** The checkpoint's folder. */
  readonly path: string;
  readonly state: TrainerState;
  readonly weights: HostTensors;
  readonly optimizer: HostTensors;
}

async function checkFile(path: string, expected: FileSum): Promise<void> {
  const torn = (what: string): never => {
    throw new UserError(
      'checkpoint/torn',
      `${path} is damaged (${what}): this checkpoint cannot be resumed. Resume from an earlier one.`,
    );
  };
  let found: FileSum;
  try {
    found = await fileSum(path);
  } catch (error) {
    return torn(errorLine(error));
  }
  if (found.bytes !== expected.bytes) torn(`expected ${expected.bytes} bytes, found ${found.bytes}`);
  if (found.sha256 !== expected.sha256) torn('its checksum is another');
}

async function readTensors(path: string): Promise<HostTensors> {
  const file = await readSafetensors(path);
  const tensors: Record<string, HostTensor> = {};
  for (const name of file.names) {
    const tensor = await file.read(name);
    tensors[name] = { shape: tensor.shape, values: toFloat32(tensor) };
  }
  return tensors;
}

/**
 * Whether a checkpoint is whole and fits a run, without reading a tensor.
 *
 * @throws UserError `checkpoint/missing`, `checkpoint/torn`, and what `checkExpected` throws
 */
export async function checkCheckpoint(path: string, expected: ExpectedState = {}): Promise<TrainerState> {
  const statePath = join(path, checkpointFiles.state);
  const text = await readFile(statePath, 'utf8').catch((error: unknown) => {
    throw new UserError(
      'checkpoint/missing',
      `${path} is not a checkpoint: expected ${checkpointFiles.state} in it (${errorLine(error)}).`,
      { cause: error },
    );
  });
  const { state, files } = parseStateJson(text, statePath);
  checkExpected(path, state, expected);
  for (const [name, sum] of Object.entries(files)) await checkFile(join(path, name), sum);
  return state;
}

/**
 * Reads one checkpoint's folder.
 *
 * @throws UserError as `checkCheckpoint` does, before a tensor is read
 */
export async function readCheckpoint(path: string, expected: ExpectedState = {}): Promise<LoadedCheckpoint> {
  return {
    path,
    state: await checkCheckpoint(path, expected),
    weights: await readTensors(join(path, checkpointFiles.weights)),
    optimizer: await readTensors(join(path, checkpointFiles.optimizer)),
  };
}

export interface CheckpointNames {
  /** Folders of the checkpoints, the oldest first. */
  readonly all: readonly string[];
  /** The one that was written last. */
  readonly latest: string | undefined;
  readonly best: string | undefined;
}

/** @throws UserError `checkpoint/missing` for a root that cannot be read; one that is not there holds none. */
export async function checkpointNames(root: string): Promise<CheckpointNames> {
  const entries = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UserError('checkpoint/missing', `${root}: cannot be read (${errorLine(error)}).`, {
      cause: error,
    });
  });
  const all = checkpointFolders(entries);
  // The very first one may have been made and its pointer not yet.
  const latest = (await readPointer(root, 'latest')) ?? all.at(-1);
  return { all, latest, best: await readPointer(root, 'best') };
}

/**
 * Reads the checkpoint that was written last.
 *
 * @returns Undefined when the root folder is not there or holds no checkpoint.
 * @throws UserError as `readCheckpoint` does: a damaged one is refused, never passed over in silence.
 */
export async function readLatest(
  root: string,
  expected: ExpectedState = {},
): Promise<LoadedCheckpoint | undefined> {
  const { latest } = await checkpointNames(root);
  return latest === undefined ? undefined : readCheckpoint(join(root, latest), expected);
}
