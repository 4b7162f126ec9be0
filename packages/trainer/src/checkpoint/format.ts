/**
 * What a training checkpoint holds and how it lies on disk; plain data, no tensors of a backend and no files. A root
 * folder has one folder a checkpoint, and two pointers, small files with the name of one of them:
 *
 *     latest                       step-00000200
 *     best                         step-00000100
 *     step-00000200/
 *       model.safetensors          weights
 *       optimizer.safetensors      state of the optimizer
 *       trainer.json               everything else, with size and sha256 of each other file
 *       config.json, ...           what the caller adds, so that the folder is a model too
 *
 * A folder without the ending `.tmp` is whole: see write.ts.
 */

import { createHash } from 'node:crypto';
import { UserError } from '@nanscope/errors';

/** Version of the layout above. Raised when an older reader would misunderstand a newer checkpoint. */
export const checkpointFormat = 1;

export const checkpointFiles = {
  weights: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
  state: 'trainer.json',
} as const;

export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Tensors in host memory by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** What a run needs besides tensors to go on as if it had not been interrupted. */
export interface TrainerState {
  /** Updates made. */
  readonly step: number;
  /** Passes over the data, as a fraction. */
  readonly epoch: number;
  /** The optimizer's own counters and settings. */
  readonly optimizer: JsonObject;
  readonly schedule: JsonObject;
  /** State of the random numbers: seed, and counters where there are any. */
  readonly generator: JsonObject;
  /** Where in the data the next batch begins, and what tells the data from other data. */
  readonly data: JsonObject;
  /** Counters of the loop: tokens, skipped steps, evaluations without improvement. */
  readonly progress: JsonObject;
  /** Hash of the resolved configuration. */
  readonly configHash: string;
  /** Versions of the programs that wrote this, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The model's configuration. */
  readonly architecture: JsonObject;
  /** What tells this vocabulary from others: the tokenizer's name, its size, a hash of its files. */
  readonly vocabulary: JsonObject;
  /** The best evaluation so far. A checkpoint of that very step is kept when older ones go. */
  readonly best?: { readonly step: number; readonly value: number };
}

export interface Checkpoint {
  readonly weights: HostTensors;
  readonly optimizer: HostTensors;
  readonly state: TrainerState;
  /** More files by name, such as config.json and the tokenizer's: then the folder can be named with `--model`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Size and checksum of one file. */
export interface FileSum {
  readonly bytes: number;
  readonly sha256: string;
}

const folderName = /^step-(\d{8,})(?:\.(\d+))?$/;

/** `step-00000120`, and `step-00000120.2` when a run passes the same step again. */
export function checkpointFolder(step: number, attempt = 1): string {
  return `step-${String(step).padStart(8, '0')}${attempt > 1 ? `.${attempt}` : ''}`;
}

/** The whole checkpoints among the entries of a root folder, the oldest first. */
export function checkpointFolders(entries: readonly string[]): readonly string[] {
  const place = (name: string) => {
    const [, step, attempt] = folderName.exec(name)!;
    return [Number(step), Number(attempt ?? 1)] as const;
  };
  return entries
    .filter((name) => folderName.test(name))
    .sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
}

// Whether a checkpoint fits the run that wants to go on with it. Pure; the answer names the first thing that differs.

/** What must be the same; what is left out is not compared. */
export type ExpectedState = Partial<
  Pick<TrainerState, 'architecture' | 'vocabulary' | 'versions' | 'configHash' | 'data' | 'optimizer'>
>;

/** Value of a key for a message; a missing key differs from null. */
const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));

function firstDifference(found: JsonObject, expected: JsonObject): string | undefined {
  const differs = (key: string) => JSON.stringify(found[key]) !== JSON.stringify(expected[key]);
  const key = Object.keys({ ...expected, ...found }).find(differs);
  if (key === undefined) return undefined;
  return `${key}: expected ${shown(expected[key])}, found ${shown(found[key])}`;
}

const advice = {
  architecture: 'Resume with the same model, or start over in another folder.',
  vocabulary: 'Resume with the same tokenizer, or start over in another folder.',
  versions: 'Resume with the version that wrote it, or start over in another folder.',
  data: 'Resume with the same data, or start over in another folder.',
  optimizer: 'Resume with the same optimizer, or start over in another folder.',
} as const;

/**
 * @param path of the checkpoint, for messages
 * @throws UserError `checkpoint/architecture`, `checkpoint/vocabulary`, `checkpoint/version`, `checkpoint/data`,
 *   `checkpoint/optimizer`, `checkpoint/config`
 */
export function checkExpected(path: string, state: TrainerState, expected: ExpectedState): void {
  for (const what of ['versions', 'architecture', 'vocabulary', 'data', 'optimizer'] as const) {
    const wanted = expected[what];
    if (wanted === undefined) continue;
    const all: JsonObject = state[what];
    // Only the versions asked for are compared: a checkpoint may name more programs.
    const found =
      what === 'versions'
        ? Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(wanted, name)))
        : all;
    const difference = firstDifference(found, wanted);
    if (difference === undefined) continue;
    const code = what === 'versions' ? 'version' : what;
    throw new UserError(
      `checkpoint/${code}`,
      `${path} does not fit this run: ${code} differs in ${difference}. ${advice[what]}`,
    );
  }
  if (expected.configHash !== undefined && expected.configHash !== state.configHash) {
    throw new UserError(
      'checkpoint/config',
      `${path} does not fit this run: it was written under another configuration (expected ${expected.configHash}, found ${state.configHash}). Resume with the same flags, or start over in another folder.`,
    );
  }
}

// trainer.json: the state with checksums of the other files and of itself. JSON has no NaN: those are strings there.

interface StateFile {
  readonly state: TrainerState;
  readonly files: Readonly<Record<string, FileSum>>;
}

const nonFinite = ['NaN', 'Infinity', '-Infinity'];

const write = (value: unknown, indent?: number) =>
  JSON.stringify(
    value,
    (_key, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one),
    indent,
  );

const checksum = (body: unknown) => createHash('sha256').update(write(body)).digest('hex');

export function stateJson({ state, files }: StateFile): string {
  const body = { format: checkpointFormat, state, files };
  return `${write({ ...body, sha256: checksum(body) }, 2)}\n`;
}

/**
 * @param path for messages
 * @throws UserError `checkpoint/torn` for a text that is cut off or changed, `checkpoint/version` for another format
 */
export function parseStateJson(text: string, path: string): StateFile {
  const torn = (what: string): never => {
    throw new UserError(
      'checkpoint/torn',
      `${path} is damaged (${what}): this checkpoint cannot be resumed. Resume from an earlier one.`,
    );
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return torn('no whole JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) return torn('no JSON object');
  const { sha256, ...body } = parsed as Record<string, unknown>;
  if (body.format !== checkpointFormat) {
    throw new UserError(
      'checkpoint/version',
      `${path}: expected checkpoint format ${checkpointFormat}, found ${JSON.stringify(body.format)}. Resume with the version of nanscope that wrote it, or start over.`,
    );
  }
  if (sha256 !== checksum(body)) return torn('its checksum is another');
  const numbers = (_key: string, one: unknown) =>
    typeof one === 'string' && nonFinite.includes(one) ? Number(one) : one;
  return JSON.parse(text, numbers) as StateFile;
}
