/** The commands that a page has, each with its flags: all of the command line's but those that name places on a disk. */
import { claimsFlags, conformFlags, evalFlags, type Flag, matrixFlags } from '@nanscope/settings';

/** What a page cannot do: write files, tell a result elsewhere, read a place that nobody dropped on it. */
const ofADisk = ({ affects, disk }: Flag): boolean =>
  disk === true || affects === 'place' || affects === 'output';

/** Implementations that run in Node only. */
const onPage = (flag: Flag): Flag =>
  flag.name === 'attn' && 'choices' in flag
    ? { ...flag, choices: flag.choices.filter((choice) => !choice.startsWith('onnxruntime')) }
    : flag;

const flagsOf = (flags: readonly Flag[]): readonly Flag[] =>
  flags.filter((flag) => !ofADisk(flag)).map(onPage);

export interface PageCommand {
  /** In the navigation. */
  readonly title: string;
  readonly flags: readonly Flag[];
  /** Flags that are not folded away. */
  readonly first: readonly string[];
  /** What is set where the address says nothing. */
  readonly given: Readonly<Record<string, string>>;
  /** Whether `device` is a list of devices. */
  readonly manyDevices?: true;
}

export const commands = {
  eval: {
    title: 'Evaluate',
    flags: flagsOf(evalFlags),
    first: ['device', 'policy', 'padding-side', 'limit'],
    given: {},
  },
  claims: {
    title: 'Claims',
    flags: flagsOf(claimsFlags),
    first: ['device'],
    given: {},
    manyDevices: true,
  },
  matrix: {
    title: 'Matrix',
    flags: flagsOf(matrixFlags),
    first: ['device', 'padding-side', 'row-guard', 'layers'],
    // A small table, which still shows which conditions are enough.
    given: {
      attn: 'sdpa',
      fill: 'additive-inf,finfo-min',
      keys: '0,1',
      mode: 'inference',
      cause: 'padding',
      labels: 'clm',
    },
    manyDevices: true,
  },
  conform: { title: 'Conform', flags: flagsOf(conformFlags), first: ['device', 'attn', 'filter'], given: {} },
  doctor: { title: 'This browser', flags: [], first: [], given: {} },
} as const satisfies Record<string, PageCommand>;

export type CommandName = keyof typeof commands;
export const commandNames = Object.keys(commands) as readonly CommandName[];
