/** Everything a user can have got wrong about a training run, found before a device is opened or anything is written. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CodeIn, UserError } from '@nanscope/errors';
import {
  cardMark,
  checkTracing,
  loadTokenizerFor,
  stepsOf,
  type TrainTask,
  trainData,
  trainModelConfig,
} from '@nanscope/lane';
import { positionLimit, savePlace } from '@nanscope/model';
import { checkNewRun, isWithin } from '@nanscope/record';
import { checkSdpaKernel, policyOf, type TrainConfig } from '@nanscope/settings';
import { smallestEpsilon } from '@nanscope/trainer';
import { checkWritable, inputsOf } from '../lanes/check-inputs.ts';
import { checkResumed, type Resumed } from './resumed-run.ts';

// Where `--save` may put a model: in a new folder, over one that `train` saved, and over any other only when asked to.

/**
 * Before a run: whether its model may be put where `--save` says.
 *
 * @throws {UserError} `usage/save`, `gpt2/save`, `run-folder/unwritable`
 */
async function checkSavePlace(config: TrainConfig): Promise<void> {
  const { save, overwrite, model, out, resume } = config;
  if (save === undefined) return;
  const refuse = (found: string, todo: string) =>
    new UserError('usage/save', `--save ${save}: expected a folder of its own, found ${found}. ${todo}`);
  for (const [flag, folder] of Object.entries({ out, resume }))
    if (folder !== undefined && isWithin(folder, save))
      throw refuse(`--${flag} ${folder} in it`, 'Name another folder.');
  checkWritable(save, '--save');
  const names = await savePlace(save);
  if (names === undefined || names.length === 0 || overwrite) return;
  const anew = 'Name another folder, or replace it with --overwrite.';
  if (existsSync(model) && isWithin(model, save))
    throw refuse('the model that is trained on (--model)', anew);
  const readme = await readFile(join(save, 'README.md'), 'utf8').catch(() => '');
  if (!readme.includes(cardMark)) throw refuse('a model that train did not save', anew);
}

function refuse(code: CodeIn<'usage'>, words: string): never {
  throw new UserError(`usage/${code}`, words);
}

/** Flags that only mean something together, or not together. */
function checkTogether(config: TrainConfig): void {
  const { corpus, data, patience, validation, dropout, labelSmoothing, beta1, beta2, minimum } = config;
  if (corpus !== undefined && data !== undefined)
    refuse(
      'corpus',
      `--corpus ${corpus} and --data ${data}: expected one text to train on, found two. Leave one out.`,
    );
  if (data === '-')
    refuse(
      'data',
      '--data -: expected a file or a folder: a text that is read again for every epoch and on resume cannot come from standard input.',
    );
  if (config.checkpoint !== undefined && config.resume === undefined)
    refuse(
      'checkpoint',
      `--checkpoint ${config.checkpoint}: expected --resume with the run that it belongs to, found none. To train on weights alone, name their folder with --model.`,
    );
  if (patience !== undefined && validation === 0)
    refuse(
      'patience',
      `--patience ${patience}: expected validation rows, whose loss it watches, found --validation 0.`,
    );
  const below: [string, number][] = [
    ['dropout', dropout],
    ['label-smoothing', labelSmoothing],
    ['beta1', beta1],
    ['beta2', beta2],
  ];
  for (const [name, value] of below)
    if (!(value < 1)) refuse('bad-value', `--${name} ${value}: expected a number from 0 to less than 1.`);
  const { epsilon, learningRate, weightDecay, momentum, zLoss } = config;
  if (epsilon > 0 && epsilon < smallestEpsilon(beta2))
    refuse(
      'bad-value',
      `--epsilon ${epsilon}: expected 0, or at least ${smallestEpsilon(beta2)} with --beta2 ${beta2}: less is 0 in float32.`,
    );
  const numbers: [string, number][] = [
    ['learning-rate', learningRate],
    ['weight-decay', weightDecay],
    ['momentum', momentum],
    ['z-loss', zLoss],
  ];
  for (const [name, value] of numbers)
    if (!Number.isFinite(Math.fround(value)))
      refuse('bad-value', `--${name} ${value}: expected at most 3.4028234e+38, the largest float32.`);
  if (!(minimum <= 1))
    refuse('bad-value', `--minimum ${minimum}: expected a fraction of the peak, from 0 to 1.`);
}

interface CheckedTraining extends Resumed {
  /** That will be made. */
  readonly steps: number;
  readonly policy: TrainTask['policy'];
  /** Where the run is written to; undefined where no flag says. */
  readonly folder: string | undefined;
}

/** @throws {UserError} for the first thing that is wrong */
export async function checkTrain(config: TrainConfig): Promise<CheckedTraining> {
  const policy = policyOf(config);
  checkSdpaKernel(config);
  checkTracing(config);
  checkTogether(config);
  const tokenizer = await loadTokenizerFor(config);
  const model = await trainModelConfig(config, tokenizer);
  if (config.maxLength !== undefined && config.maxLength > positionLimit(model)) {
    refuse(
      'max-length',
      `--max-length ${config.maxLength}: expected at most ${model.maxPositions}, the positions of the model (${model.positionsKey}).`,
    );
  }
  if (tokenizer.vocabSize > model.vocabulary) {
    refuse(
      'tokenizer',
      `The tokenizer ${tokenizer.name} gives ids up to ${tokenizer.vocabSize - 1}, expected at most ${model.vocabulary - 1}, the vocabulary of ${config.model}. Name the tokenizer of the model.`,
    );
  }
  if (config.out && !isInPlace(config)) {
    checkWritable(config.out, '--out');
    checkNewRun(config.out, 'train', { ...inputsOf(config), resume: config.resume });
  }
  await checkSavePlace(config);
  const data = await trainData(config, tokenizer, model);
  const { digest, record } = data;
  const resumed = await checkResumed(config, { config, model, tokenizer, data: record, digest });
  return {
    ...resumed,
    ...{ policy, steps: stepsOf(config, data.training.length) },
    folder: folderOf(config, resumed),
  };
}

/** From an earlier checkpoint a run goes on elsewhere: what followed it in its own folder would be lost. */
function folderOf(config: TrainConfig, { fromLast }: Resumed): string | undefined {
  const { out, resume, checkpoint } = config;
  if (fromLast) return out ?? resume;
  if (out !== undefined && isInPlace(config))
    refuse(
      'checkpoint',
      `--out ${out}: expected another folder than the run's own, since it would lose what followed --checkpoint ${checkpoint}. Leave --out out, or name a new folder.`,
    );
  return out;
}

/** Whether a run continues in its own folder, if its checkpoint is the last. */
export function isInPlace({ resume, out }: TrainConfig): boolean {
  return resume !== undefined && (out === undefined || resolve(out) === resolve(resume));
}
