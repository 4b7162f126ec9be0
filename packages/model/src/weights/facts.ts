/**
 * What loading a model found that its numbers rest on and that its name does not say: how the weights are stored, what
 * of the files is not used, where another reader of the same files would come to other numbers. Words only; a report shows them.
 */
import type { DtypeName } from '../dtype.ts';

export interface ModelNote {
  readonly about: 'weights' | 'settings';
  /** One sentence, lower case, without a full stop. */
  readonly text: string;
}

export interface ModelFacts {
  /** Data types of the weights in the file, as its header spells them; empty for weights drawn from a seed. */
  readonly storedAs: readonly string[];
  readonly computedAs: DtypeName;
  /** What is unusual; empty for most models. */
  readonly notes: readonly ModelNote[];
  /** Names of tensors in the file that the model has no use for; a number in a name is `*` for all of its kind. */
  readonly unusedTensors: readonly string[];
  /** Settings of the folder that have no effect on the loss of given tokens, each with why. */
  readonly unusedSettings: readonly string[];
}

/** The facts of weights that come from no file. */
export const drawnFacts: ModelFacts = {
  storedAs: [],
  computedAs: 'float32',
  notes: [],
  unusedTensors: [],
  unusedSettings: [],
};

const shown = 8;

/** `a, b, c and 4 more`. */
export function someOf(names: readonly string[]): string {
  if (names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}
