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
  /** Names of the positional arguments, all required; one that ends in `..` takes all that are left, at least one. */
  readonly positionals?: readonly string[];
  readonly flags: readonly Flag[];
  /** @returns The exit code. */
  run(invocation: Invocation): Promise<number>;
}
