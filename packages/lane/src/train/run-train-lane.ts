/**
 * A lane that trains, from start to end, in its own process: open the backend, load model and text, take up a
 * checkpoint if there is one, train, save. The loop is in @nanscope/trainer; what is written down is in lane-hooks.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tokenizer, tokenizerFiles } from '@nanscope/collator';
import { type CausalLM, saveCausalLM } from '@nanscope/model';
import { holdFolder, PATIENCE_SECONDS } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import {
  atTheStart,
  readCheckpoint,
  type TrainEnd,
  type Training,
  train,
  weightsAreFinite,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { loadTokenizerFor } from '../data/inputs.ts';
import { GENERATION_FILE, generationText } from '../generate/settings.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import { checkpointRoot, loadState, loadWeights, type RunIdentity, stateOfLane } from './checkpoints.ts';
import { trainData } from './data.ts';
import { LaneHooks } from './lane-hooks.ts';
import { loadTrainModel, mayReplace, modelCard } from './model.ts';
import { optimizerOf, settingsOf, type TrainTask } from './settings.ts';

// `--save` at the end of a run: the best weights there are, with tokenizer and model card, as a folder that `--model` takes.

interface SaveRequest {
  readonly directory: string;
  readonly tokenizer: Tokenizer;
  /** As `--model` named it: how to generate with it is kept. */
  readonly model: string;
  /** Content of README.md, unless somebody's own is there. */
  readonly card: string;
  /** Folder of the best checkpoint; without validation there is none. */
  readonly best: string | undefined;
  /** Folder of the last checkpoint, which is finite. */
  readonly last: string | undefined;
}

/**
 * Saves the best checkpoint, without one the weights as they are, and where those are not finite the last good ones.
 *
 * @returns Whether there was something finite to save.
 */
export async function saveModel(
  model: CausalLM,
  { directory, tokenizer, model: name, card, best, last }: SaveRequest,
): Promise<boolean> {
  const source = best ?? ((await weightsAreFinite(model)) ? 'as they are' : last);
  if (source === undefined) return false;
  if (source !== 'as they are') loadWeights(model, (await readCheckpoint(source)).weights);
  const readme = await readFile(join(directory, 'README.md'), 'utf8').catch(() => undefined);
  const generation = await generationText(name);
  const files = {
    ...(await tokenizerFiles(tokenizer)),
    ...(generation !== undefined && { [GENERATION_FILE]: generation }),
  };
  await saveCausalLM(directory, model, {
    files: mayReplace(readme) ? { ...files, 'README.md': card } : files,
  });
  return true;
}

type Say = (message: LaneMessage) => void;

/** Model and optimizer as they were before the first step. */
async function restart(
  config: TrainConfig,
  tokenizer: Tokenizer,
  { model, optimizer }: Pick<Training, 'model' | 'optimizer'>,
): Promise<void> {
  const fresh = await loadTrainModel(config, tokenizer);
  for (const [name, variable] of Object.entries(model.parameters)) variable.assign(fresh.parameters[name]!);
  fresh.dispose();
  const tensors = Object.fromEntries(
    Object.entries(optimizer.stateTensors()).map(([name, tensor]) => [name, tf.zerosLike(tensor)]),
  );
  optimizer.load({ steps: 0, tensors });
  tf.dispose(tensors);
}

const wholeRun: readonly TrainEnd[] = ['steps', 'patience'];

export async function runTrainLane(task: TrainTask, say: Say, stop: AbortSignal): Promise<void> {
  const { config, folder } = task;
  const release = await holdFolder(folder, PATIENCE_SECONDS);
  const session = await openSession(task, say);
  say({ kind: 'loading', what: 'reading the text' });
  const tokenizer = await loadTokenizerFor(config);
  const model = await loadTrainModel(config, tokenizer, (what) => say({ kind: 'loading', what }));
  const data = await trainData(config, tokenizer, model.config);
  const settings = settingsOf(task, data.training.length);
  const optimizer = optimizerOf(config, model);
  const run: Training = {
    model,
    optimizer,
    settings,
    training: data.training,
    ...(data.validation && { validation: data.validation }),
  };
  const identity: RunIdentity = {
    config,
    model: model.config,
    tokenizer,
    data: data.record,
    digest: data.digest,
  };
  const checkpoint =
    task.resumeFrom && task.checkpoint
      ? await stateOfLane(task.resumeFrom, identity, task.checkpoint)
      : undefined;
  const from = checkpoint ? loadState(checkpoint, { model, optimizer }) : atTheStart;
  const goodState = async () => {
    const last = await stateOfLane(folder, identity);
    if (!last) return { from: atTheStart, restore: () => restart(config, tokenizer, { model, optimizer }) };
    const restore = async () => void loadState(last, { model, optimizer });
    return { from: loadState(last, { model, optimizer }), restore };
  };
  const hooks = new LaneHooks({ task, session, run, identity, data: data.record, say, stop, goodState });
  if (task.resumeFrom) await hooks.resume(checkpoint, from.step);
  await hooks.begin(from.step);
  const { end } = await train(run, hooks, from);
  await hooks.finish(end);
  if (config.save !== undefined && task.role === 'target' && wholeRun.includes(end)) {
    const inRoot = (name: string | undefined) => name && join(checkpointRoot(folder), name);
    const { checkpoints } = hooks.record.training;
    const saved = await saveModel(model, {
      directory: config.save,
      tokenizer,
      model: config.model,
      card: modelCard(config.save, hooks.record, task.command, data.digest),
      best: inRoot(checkpoints.find(({ best }) => best)?.folder),
      last: inRoot(checkpoints.at(-1)?.folder),
    });
    if (saved) hooks.saved(config.save);
    else say({ kind: 'note', text: `nothing is saved to ${config.save}: no weights of this run are finite` });
  }
  release();
  optimizer.dispose();
  model.dispose();
  await session.dispose();
}
