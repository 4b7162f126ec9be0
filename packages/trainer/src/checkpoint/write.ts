/**
 * Writes checkpoints so that a process killed at any moment leaves one that can be loaded: everything goes into a
 * folder with the ending `.tmp` and is flushed; one rename makes it a checkpoint; only then do the pointers move and
 * older ones go. Nothing that exists is ever changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import {
  float32Tensor,
  replaceFile,
  type SafetensorsTensor,
  syncFolder,
  writeNewFile,
  writeSafetensors,
} from '@nanscope/safetensors';
import {
  type Checkpoint,
  checkpointFiles,
  checkpointFolder,
  checkpointFolders,
  type FileSum,
  type HostTensors,
  stateJson,
} from './format.ts';

export interface KeepRule {
  /** How many of the newest to keep, at least 1. The best one is kept besides. */
  readonly last: number;
}

/** Size and sha256 of a file, read piece by piece. */
export async function fileSum(path: string): Promise<FileSum> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** The folder a pointer names, undefined when there is no such pointer or folder. */
export async function readPointer(root: string, pointer: 'latest' | 'best'): Promise<string | undefined> {
  const text = await readFile(join(root, pointer), 'utf8').catch(() => '');
  return checkpointFolders([text.trim()])[0];
}

function safetensors(tensors: HostTensors): Record<string, SafetensorsTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => [name, float32Tensor(shape, values)]),
  );
}

async function fill(folder: string, { weights, optimizer, state, files }: Checkpoint): Promise<void> {
  // The format's mark by which transformers knows whose tensors these are.
  const mark = { format: 'pt' };
  await writeSafetensors(join(folder, checkpointFiles.weights), safetensors(weights), mark);
  await writeSafetensors(join(folder, checkpointFiles.optimizer), safetensors(optimizer), mark);
  for (const [name, content] of Object.entries(files ?? {})) await writeNewFile(join(folder, name), content);
  const sums: Record<string, FileSum> = {};
  for (const name of (await readdir(folder)).sort()) sums[name] = await fileSum(join(folder, name));
  await writeNewFile(join(folder, checkpointFiles.state), stateJson({ state, files: sums }));
  await syncFolder(folder);
}

/** A name that no checkpoint has yet. */
function freeName(step: number, entries: readonly string[]): string {
  let attempt = 1;
  while (entries.includes(checkpointFolder(step, attempt))) attempt++;
  return checkpointFolder(step, attempt);
}

/** Removes all but the newest and those that a pointer names, each by a rename first: half of one is never one. */
async function prune(root: string, { last }: KeepRule): Promise<void> {
  const folders = checkpointFolders(await readdir(root));
  const kept = new Set(folders.slice(-Math.max(1, last)));
  for (const pointer of ['latest', 'best'] as const) {
    const folder = await readPointer(root, pointer);
    if (folder !== undefined) kept.add(folder);
  }
  for (const folder of folders.filter((name) => !kept.has(name))) {
    const doomed = join(root, `${folder}.old.tmp`);
    await rename(join(root, folder), doomed);
    await rm(doomed, { recursive: true, force: true });
  }
}

/** What an earlier process left unfinished. */
async function removeUnfinished(root: string): Promise<readonly string[]> {
  const entries = await readdir(root);
  const unfinished = entries.filter((name) => /^(step-.*|latest.*|best.*)\.tmp$/.test(name));
  for (const name of unfinished) await rm(join(root, name), { recursive: true, force: true });
  return entries;
}

function unwritable(root: string, step: number, latest: string | undefined, error: unknown): unknown {
  const fromSystem = error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined;
  if (!fromSystem) return error;
  const intact = latest === undefined ? 'There is no earlier one.' : `${latest} is intact.`;
  return new UserError(
    'checkpoint/unwritable',
    `${root}: the checkpoint of step ${step} cannot be written (${errorLine(error)}) ${intact} Free space, or name another folder.`,
    { cause: error },
  );
}

/**
 * Adds a checkpoint to a root folder, which is created when it is not there. One process at a time may write to it.
 *
 * @returns The name of the checkpoint's folder inside the root.
 * @throws UserError `checkpoint/unwritable`; earlier checkpoints are then as they were, whatever the reason.
 */
export async function writeCheckpoint(root: string, checkpoint: Checkpoint, keep: KeepRule): Promise<string> {
  const { step, best } = checkpoint.state;
  const temporary = join(root, `${checkpointFolder(step)}.tmp`);
  let latest: string | undefined;
  try {
    await mkdir(root, { recursive: true });
    latest = await readPointer(root, 'latest');
    const entries = await removeUnfinished(root);
    await mkdir(temporary);
    await fill(temporary, checkpoint);
    const folder = freeName(step, entries);
    await rename(temporary, join(root, folder));
    await syncFolder(root);
    // The best one first: killed in between, a run goes on from before this step and comes to it again.
    if (best?.step === step) await replaceFile(join(root, 'best'), `${folder}\n`);
    await replaceFile(join(root, 'latest'), `${folder}\n`);
    await prune(root, keep);
    return folder;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw unwritable(root, step, latest, error);
  }
}
