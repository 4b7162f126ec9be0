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

/** Of the layout above. Raised when an older reader would misunderstand a newer checkpoint. */
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
  /** Of the random numbers: seed, and counters where there are any. */
  readonly generator: JsonObject;
  /** Where in the data the next batch begins, and what tells the data from other data. */
  readonly data: JsonObject;
  /** Counters of the loop: tokens, skipped steps, evaluations without improvement. */
  readonly progress: JsonObject;
  /** Of the resolved configuration. */
  readonly configHash: string;
  /** Of the programs that wrote this, by name. */
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
