/**
 * Which parameters weight decay applies to. By default the two-dimensional weights of linear layers only: shrinking
 * a bias or a LayerNorm towards 0 regularises nothing, and rows of an embedding table that a batch did not use
 * would shrink at every step. Hugging Face's Trainer leaves out biases and LayerNorm but decays the tables (golden/trainer).
 */
import { UserError } from '@nanscope/errors';
import { isTable } from '@nanscope/model';

/**
 * `linear`: as described above; `all-matrices`: the tables as well, which are the groups of Hugging Face's Trainer; `all`:
 * every parameter, as `torch.optim.AdamW(model.parameters())` does.
 */
export const decayRules = ['linear', 'all-matrices', 'all'] as const;

export type DecayRule = (typeof decayRules)[number];

/** Whether the parameter of this Hugging Face name and shape is decayed. A head tied to the token table is that table. */
export function isDecayed(name: string, shape: readonly number[], rule: DecayRule): boolean {
  if (rule === 'all') return true;
  return shape.length === 2 && (rule === 'all-matrices' || !isTable(name));
}

/** Checks the numbers an optimizer was given. @throws UserError `trainer/optimizer`, naming the first one out of range. */
export function checkRange(name: string, value: number, below = Number.POSITIVE_INFINITY): void {
  if (value >= 0 && value < below) return;
  const limit = below === Number.POSITIVE_INFINITY ? '' : ` and less than ${below}`;
  throw new UserError('trainer/optimizer', `${name} is ${value}, expected at least 0${limit}.`);
}
