/** Between a run in memory and its checkpoints on disk: tensors to and from the host, and the state that goes with them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Tokenizer, tokenizerFiles } from '@nanscope/collator';
import { configJson, type Gpt2, type Gpt2Config } from '@nanscope/gpt2';
import type { TrainDataRecord } from '@nanscope/report';
import {
  type ExpectedState,
  type HostTensor,
  type HostTensors,
  type JsonObject,
  type LoadedCheckpoint,
  type Optimizer,
  type RunProgress,
  readLatest,
  type TrainerState,
  writeCheckpoint,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/train-config.ts';
import { nanscopeVersion } from '../lane/environment.ts';

/** Settings that may differ between a checkpoint and the run that goes on with it: they do not touch a step's numbers. */
const free = new Set<keyof TrainConfig>([
  'device',
  'reference',
  'backend',
  'mpsRule',
  'laneTimeout',
  'trace',
  'rtol',
  'atol',
  'out',
  'json',
  'save',
  'resume',
  'steps',
  'epochs',
  'evalEvery',
  'saveEvery',
  'keep',
  'patience',
  'onNonfinite',
  'model',
  'data',
  'tokenizer',
]);

/** A hash of everything that makes a step what it is. Model, text and tokenizer are compared by themselves. */
export function configHash(config: TrainConfig): string {
  const kept = Object.entries(config).filter(([name]) => !free.has(name as keyof TrainConfig));
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(kept.sort())))
    .digest('hex')
    .slice(0, 16);
}

const json = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;

export interface RunIdentity {
  readonly config: TrainConfig;
  readonly model: Gpt2Config;
  readonly tokenizer: Tokenizer;
  readonly data: Pick<TrainDataRecord, 'rows' | 'training' | 'validation' | 'split'>;
  /** Of the ids. */
  readonly digest: string;
}

/** What tells this run from others that are no continuation of it. */
function identity({ config, model, tokenizer, data, digest }: RunIdentity) {
  const { rows, training, validation, split } = data;
  return {
    configHash: configHash(config),
    versions: { nanscope: nanscopeVersion },
    architecture: json(model),
    vocabulary: { name: tokenizer.name, size: tokenizer.vocabSize },
    data: json({ digest, rows, training, validation, split }),
  } satisfies ExpectedState;
}

async function toHost(tensors: Readonly<Record<string, tf.Tensor>>): Promise<HostTensors> {
  const entries = Object.entries(tensors).map(
    async ([name, tensor]): Promise<[string, HostTensor]> => [
      name,
      { shape: tensor.shape, values: (await tensor.data()) as Float32Array },
    ],
  );
  return Object.fromEntries(await Promise.all(entries));
}

function stateOf(run: RunIdentity, optimizer: Optimizer, progress: RunProgress, epoch: number): TrainerState {
  const { best, ...counters } = progress;
  const { schedule, warmup, minimum, seed } = run.config;
  return {
    ...identity(run),
    step: progress.step,
    epoch,
    optimizer: { name: run.config.optimizer, steps: optimizer.steps },
    schedule: { name: schedule, warmup, minimum },
    generator: { seed },
    progress: json(counters),
    ...(best && { best: { step: best.step, value: best.loss } }),
  };
}

/** Where the checkpoints of a lane are. */
export const checkpointRoot = (laneFolder: string) => join(laneFolder, 'checkpoints');

/** @returns The name of the checkpoint's folder. @throws {UserError} `checkpoint/unwritable`; earlier ones are intact */
export async function saveState(
  root: string,
  run: RunIdentity,
  { model, optimizer }: { readonly model: Gpt2; readonly optimizer: Optimizer },
  progress: RunProgress,
  epoch: number,
): Promise<string> {
  return writeCheckpoint(
    root,
    {
      weights: await toHost(model.parameters),
      optimizer: await toHost(optimizer.stateTensors()),
      state: stateOf(run, optimizer, progress, epoch),
      files: { 'config.json': configJson(model.config), ...(await tokenizerFiles(run.tokenizer)) },
    },
    { last: run.config.keep },
  );
}

/** The weights of a checkpoint into the model, in place. */
export function loadWeights(model: Gpt2, weights: HostTensors): void {
  for (const [name, variable] of Object.entries(model.parameters)) {
    const { shape, values } = weights[name]!;
    const tensor = tf.tensor(values, [...shape], 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}

/** A checkpoint back into model and optimizer. @returns Where the run was. */
export function loadState(
  { state, weights, optimizer: moments }: LoadedCheckpoint,
  { model, optimizer }: { readonly model: Gpt2; readonly optimizer: Optimizer },
): RunProgress {
  loadWeights(model, weights);
  const tensors = Object.fromEntries(
    Object.entries(moments).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, [...shape], 'float32'),
    ]),
  );
  optimizer.load({ steps: Number(state.optimizer.steps), tensors });
  tf.dispose(tensors);
  const { tokens, skipped, sinceBest } = state.progress as Record<string, number>;
  return {
    step: state.step,
    tokens: tokens!,
    skipped: skipped!,
    sinceBest: sinceBest!,
    ...(state.best && { best: { step: state.best.step, loss: state.best.value } }),
  };
}

/** The newest checkpoint below a lane's folder, if it fits this run. @throws {UserError} `checkpoint/*` */
export function latestState(laneFolder: string, run: RunIdentity): Promise<LoadedCheckpoint | undefined> {
  return readLatest(checkpointRoot(laneFolder), identity(run));
}
