/**
 * A lane that trains, from start to end, in its own process: open the backend, load model and text, take up a
 * checkpoint if there is one, train, save. The loop is in @nanscope/trainer; what is written down is in lane-hooks.ts.
 */
import { join } from 'node:path';
import type { Tokenizer } from '@nanscope/collator';
import { holdFolder, PATIENCE_SECONDS } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { atTheStart, type TrainEnd, type Training, train } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { loadTokenizerFor } from '../data/inputs.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import { checkpointRoot, loadState, type RunIdentity, stateOfLane } from './checkpoints.ts';
import { trainData } from './data.ts';
import { LaneHooks } from './lane-hooks.ts';
import { loadTrainModel } from './model.ts';
import { modelCard } from './model-card.ts';
import { saveModel } from './save-model.ts';
import { optimizerOf, settingsOf } from './settings.ts';
import type { TrainTask } from './task.ts';

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
  const settings = settingsOf(config, task.decision.attention, data.training.length);
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
