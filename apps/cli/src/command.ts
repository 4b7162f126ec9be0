/** What a command is: a name, a line of help, flags from a flag table, and what it does. */
import type { Flag } from '@nanscope/settings';

export interface Invocation {
  /** Raw flag values by name, strings as typed, and `config` taken out. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Path given with --config. */
  readonly config?: string;
  readonly positionals: readonly string[];
  /** The command line as one would type it again. */
  readonly command: string;
}

export interface Command {
  readonly name: string;
  readonly describe: string;
  /** Names of the positional arguments: required, or in brackets; one that ends in `..` takes all that are left. */
  readonly positionals?: readonly string[];
  /** Values of a positional argument that completion offers. */
  readonly choices?: readonly string[];
  readonly flags: readonly Flag[];
  /** About three, each a command to paste and what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** The page of docs/ to read on. */
  readonly docs: string;
  /** @returns The exit code. */
  run(invocation: Invocation): Promise<number>;
}
