/** Where `--save` may put a model: in a new folder, over one that `train` saved, and over any other only when it is told to. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { cardMark } from '@nanscope/lane';
import { savePlace } from '@nanscope/model';
import { isWithin } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { checkWritable } from '../lanes/check-inputs.ts';

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
