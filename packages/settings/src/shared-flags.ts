/** Rows of the flag table of `eval` for other commands, so that a flag is defined once. */
import { presetNames } from '@nanscope/attention';
import { namesOf } from '@nanscope/device';
import { evalFlags } from './eval-flags.ts';
import type { Flag } from './flag.ts';
import { devicesWords } from './lane-flags.ts';

/** What differs in a command that runs no PyTorch, and so has no `--python`. */
const withoutTorch: Partial<Record<Flag['name'], object>> = {
  device: { suggest: namesOf('tfjs'), describe: devicesWords(namesOf('tfjs')) },
  reference: { suggest: ['none', ...namesOf('tfjs')] },
  policy: {
    choices: presetNames,
    torchDefault: undefined,
    describe: 'treat masked cells and fully masked rows as the system of this name does',
  },
};

type Row = (typeof evalFlags)[number];
type RowOf<Name extends Row['name']> = Extract<Row, { readonly name: Name }>;

/** What may differ for another command. */
interface Changes {
  readonly default?: Flag['default'];
  readonly describe?: string;
  readonly group?: string;
  readonly choices?: readonly string[];
  /** Where the short help of the other command leaves it out. */
  readonly common?: undefined;
}

/** The row keeps its types, so that the configuration of the other command can be held against it. */
export function sharedFlag<Name extends Row['name']>(name: Name): RowOf<Name>;
export function sharedFlag<Name extends Row['name'], const Changed extends Changes>(
  name: Name,
  changes: Changed,
): Omit<RowOf<Name>, keyof Changed> & Changed;
export function sharedFlag(name: Row['name'], changes?: Changes): object {
  return { ...evalFlags.find((row) => row.name === name), ...withoutTorch[name], ...changes };
}

export const sharedFlags = <const Name extends Row['name']>(
  ...names: readonly Name[]
): readonly { [One in Name]: RowOf<One> }[Name][] => names.map((name) => sharedFlag(name));

// Flags of the commands that look at runs, and of `nanscope init`.

const WHICH = 'Which ones';

export const runsFlags: readonly Flag[] = [
  {
    name: 'dir',
    kind: 'text',
    value: 'DIR',
    default: 'runs',
    group: WHICH,
    affects: 'place',
    disk: true,
    describe: 'folder of run folders',
  },
  sharedFlag('limit', { default: 20, group: WHICH, describe: 'list at most this many, the newest' }),
  ...sharedFlags('json'),
];

export const docsFlags: readonly Flag[] = [
  {
    name: 'find',
    kind: 'switch',
    default: false,
    group: WHICH,
    affects: 'output',
    describe: 'search for a word that is the name of a page as well',
  },
];

/** Commands that `init` can write a config file for. */
export const initCommands = ['eval', 'train', 'generate', 'matrix', 'conform'] as const;

export const initFlags: readonly Flag[] = [
  {
    name: 'for',
    kind: 'choice',
    choices: initCommands,
    default: 'eval',
    group: 'File',
    affects: 'place',
    describe: 'write the settings of this command',
  },
  sharedFlag('out', {
    default: 'nanscope.yaml',
    group: 'File',
    describe: 'file to write; its schema is written beside it',
  }),
];

// Flags of every command that runs many cases: which part of them, and when to end early.

export interface Selection {
  /** `I/N` */
  readonly shard?: string;
  /** The run whose failures alone are run again. */
  readonly lastFailed?: string;
  /** Failures after which it ends. */
  readonly bail?: number;
}

/**
 * @param unit what is run: `cells`, `cases`
 * @param failed what a failure is
 * @param run what `--last-failed` reads
 * @param fixed when a case stays in its part
 */
export function selectionFlags(
  group: string,
  words: {
    readonly unit: string;
    readonly one: string;
    readonly failed: string;
    readonly run: string;
    readonly fixed: string;
  },
): {
  readonly shard: Flag & { readonly name: 'shard'; readonly kind: 'text' };
  readonly lastFailed: Flag & { readonly name: 'last-failed'; readonly kind: 'text' };
  readonly bail: Flag & { readonly name: 'bail'; readonly kind: 'integer' };
} {
  const { unit, one, failed, run, fixed } = words;
  return {
    shard: {
      ...{ name: 'shard', kind: 'text', value: 'I/N', group, affects: 'numbers' },
      describe: `run only the I-th of N shards; a ${one} is always in the same shard${fixed}`,
    },
    lastFailed: {
      ...{ name: 'last-failed', kind: 'text', value: 'RUN', group, affects: 'numbers', disk: true },
      describe: `run only the ${unit} that ${failed} in this earlier run: ${run}`,
    },
    bail: {
      ...{ name: 'bail', kind: 'integer', min: 1, bare: 1, value: 'N', group, affects: 'numbers' },
      describe: `stop after N ${unit} that ${failed} (1 without a number); results so far are kept`,
    },
  };
}
