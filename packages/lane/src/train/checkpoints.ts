/** Between a run in memory and its checkpoints on disk: tensors to and from the host, and the state that goes with them. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Tokenizer, tokenizerFiles } from '@nanscope/collator';
import { type CausalLM, configJson, familyOf, type ModelConfig } from '@nanscope/model';
import {
  fromJsonNumber,
  type NonFiniteStepRecord,
  type StepLine,
  type TrainDataRecord,
  type TrainingRecord,
} from '@nanscope/record';
import { replaceFile } from '@nanscope/safetensors';
import type { TrainConfig } from '@nanscope/settings';
import {
  checkpointNames,
  type ExpectedState,
  type HostTensor,
  type HostTensors,
  type JsonObject,
  type LoadedCheckpoint,
  type Optimizer,
  type RunProgress,
  readCheckpoint,
  readLatest,
  type TrainerState,
  writeCheckpoint,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { nanscopeVersion } from '../session/open-session.ts';

/**
 * Settings that say which tokens are in which step, and what the optimizer's tensors mean. A run that goes on with a
 * checkpoint has to have the same; any other flag may be given anew, and is then followed from there on.
 */
const bound = [
  'seed',
  'batchSize',
  'accumulate',
  'maxLength',
  'paddingSide',
  'positionIds',
  'ignoreFirstToken',
  'optimizer',
] as const satisfies readonly (keyof TrainConfig)[];

/** A hash of the whole configuration, to tell at a glance whether anything was changed. */
function configHash(config: TrainConfig): string {
  const { out: _, json: __, resume: ___, checkpoint: ____, overwrite: _____, ...kept } = config;
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(Object.entries(kept).sort())))
    .digest('hex')
    .slice(0, 16);
}

const json = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;

export interface RunIdentity {
  readonly config: TrainConfig;
  readonly model: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly data: Pick<TrainDataRecord, 'rows' | 'training' | 'validation' | 'split'>;
  /** Digest of the ids. */
  readonly digest: string;
}

/** What tells this run from others that are no continuation of it. */
export function identity({ config, model, tokenizer, data, digest }: RunIdentity) {
  const { rows, training, validation, split } = data;
  return {
    versions: { nanscope: nanscopeVersion },
    architecture: json(familyOf(model).architecture(model)),
    vocabulary: { name: tokenizer.name, size: tokenizer.vocabSize },
    data: json({
      digest,
      rows,
      training,
      validation,
      split,
      ...Object.fromEntries(bound.map((name) => [name, config[name]])),
    }),
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
    configHash: configHash(run.config),
    step: progress.step,
    epoch,
    optimizer: { name: run.config.optimizer, steps: optimizer.steps },
    schedule: { name: schedule, warmup, minimum },
    generator: { seed },
    progress: json(counters),
    ...(best && { best: { step: best.step, value: best.loss } }),
  };
}

/** The checkpoints below a root, oldest first, as they are on disk. */
export function listCheckpoints(root: string): TrainingRecord['checkpoints'] {
  if (!existsSync(root)) return [];
  const pointer = join(root, 'best');
  const best = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : undefined;
  return readdirSync(root)
    .flatMap((folder) => {
      const step = /^step-(\d+)(\.\d+)?$/.exec(folder)?.[1];
      return step === undefined ? [] : [{ step: Number(step), folder, best: folder === best }];
    })
    .sort((a, b) => a.step - b.step);
}

/**
 * A run that continues in another folder takes its checkpoints along, up to the one it goes on from: the best one may be
 * among them.
 */
export async function takeCheckpointsAlong(from: string, to: string, last: LoadedCheckpoint): Promise<void> {
  if (resolve(from) === resolve(to)) return;
  const { all, best } = await checkpointNames(from);
  const name = basename(last.path);
  const taken = all.slice(0, all.indexOf(name) + 1);
  for (const one of taken) cpSync(join(from, one), join(to, one), { recursive: true });
  await replaceFile(join(to, 'latest'), `${name}\n`);
  const step = last.state.best?.step;
  const earlier = taken.find((one) => Number(/\d+/.exec(one)![0]) === step);
  const kept = best !== undefined && taken.includes(best) ? best : earlier;
  if (kept !== undefined) await replaceFile(join(to, 'best'), `${kept}\n`);
}

/** The same for the event files of TensorBoard. */
export function takeEventsAlong(from: string, to: string): void {
  if (resolve(from) === resolve(to)) return;
  for (const name of readdirSync(from))
    if (name.startsWith('events.out.tfevents.')) cpSync(join(from, name), join(to, name));
}

/** Where the checkpoints of a lane are. */
export const checkpointRoot = (laneFolder: string) => join(laneFolder, 'checkpoints');

/** @returns The name of the checkpoint's folder. @throws {UserError} `checkpoint/unwritable`; earlier ones are intact */
export async function saveState(
  root: string,
  run: RunIdentity,
  { model, optimizer }: { readonly model: CausalLM; readonly optimizer: Optimizer },
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
export function loadWeights(model: CausalLM, weights: HostTensors): void {
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
  { model, optimizer }: { readonly model: CausalLM; readonly optimizer: Optimizer },
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

/** The newest checkpoint below a lane's folder, or the one of this name, if it fits the run. @throws {UserError} `checkpoint/*` */
export function stateOfLane(
  laneFolder: string,
  run: RunIdentity,
  name?: string,
): Promise<LoadedCheckpoint | undefined> {
  const root = checkpointRoot(laneFolder);
  return name === undefined
    ? readLatest(root, identity(run))
    : readCheckpoint(join(root, name), identity(run));
}

// The steps before a resume that were not finite: what the earlier process listed of them, and how many it did not. Pure.

const allFinite = ({ loss, gradNorm }: Pick<StepLine, 'loss' | 'gradNorm'>): boolean =>
  [loss, gradNorm].every((value) => Number.isFinite(fromJsonNumber(value)));

/**
 * @param steps the lines that are kept
 * @param listed by the earlier process; of steps after the lines too
 */
export function hitsBefore(
  steps: readonly Pick<StepLine, 'step' | 'loss' | 'gradNorm'>[],
  listed: readonly NonFiniteStepRecord[],
): Pick<TrainingRecord, 'nonFinite' | 'nonFiniteCut'> {
  const hits = new Set(steps.filter((line) => !allFinite(line)).map(({ step }) => step));
  const nonFinite = listed.filter(({ step }) => hits.has(step));
  return { nonFinite, nonFiniteCut: hits.size - nonFinite.length };
}
