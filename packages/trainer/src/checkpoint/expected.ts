/** Whether a checkpoint fits the run that wants to go on with it. Pure; the answer names the first thing that differs. */
import { UserError } from '@nanscope/errors';
import type { JsonObject, TrainerState } from './format.ts';

/** What must be the same; what is left out is not compared. */
export type ExpectedState = Partial<
  Pick<TrainerState, 'architecture' | 'vocabulary' | 'versions' | 'configHash' | 'data' | 'optimizer'>
>;

/** Value of a key for a message; a key that is not there is told apart from null. */
const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));

function firstDifference(found: JsonObject, expected: JsonObject): string | undefined {
  const differs = (key: string) => JSON.stringify(found[key]) !== JSON.stringify(expected[key]);
  const key = Object.keys({ ...expected, ...found }).find(differs);
  if (key === undefined) return undefined;
  return `${key}: expected ${shown(expected[key])}, found ${shown(found[key])}`;
}

const advice = {
  architecture: 'Resume with the same model, or begin anew in another folder.',
  vocabulary: 'Resume with the same tokenizer, or begin anew in another folder.',
  versions: 'Resume with the version that wrote it, or begin anew in another folder.',
  data: 'Resume with the same data, or begin anew in another folder.',
  optimizer: 'Resume with the same optimizer, or begin anew in another folder.',
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
    // Of versions only those that were asked for: a checkpoint may name more programs.
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
      `${path} does not fit this run: it was written under another configuration (expected ${expected.configHash}, found ${state.configHash}). Resume with the same flags, or begin anew in another folder.`,
    );
  }
}
