/** `--save` at the end of a run: the best weights there are, with tokenizer and model card, as a folder that `--model` takes. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tokenizer, tokenizerFiles } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import { checkWritable } from '@nanscope/harness';
import { type Gpt2, saveGpt2, savePlace } from '@nanscope/model';
import { isWithin } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { readCheckpoint, weightsAreFinite } from '@nanscope/trainer';
import { loadWeights } from './checkpoints.ts';
import { cardMark, mayReplace } from './model-card.ts';

/**
 * Before a run: whether its model may be put where `--save` says.
 *
 * @throws {UserError} `usage/save`, `gpt2/save`, `run-folder/unwritable`
 */
export async function checkSavePlace(config: TrainConfig): Promise<void> {
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

export interface SaveRequest {
  readonly directory: string;
  readonly tokenizer: Tokenizer;
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
  model: Gpt2,
  { directory, tokenizer, card, best, last }: SaveRequest,
): Promise<boolean> {
  const source = best ?? ((await weightsAreFinite(model)) ? 'as they are' : last);
  if (source === undefined) return false;
  if (source !== 'as they are') loadWeights(model, (await readCheckpoint(source)).weights);
  const readme = await readFile(join(directory, 'README.md'), 'utf8').catch(() => undefined);
  const files = await tokenizerFiles(tokenizer);
  await saveGpt2(directory, model, {
    files: mayReplace(readme) ? { ...files, 'README.md': card } : files,
  });
  return true;
}
