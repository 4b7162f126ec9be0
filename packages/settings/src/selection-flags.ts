/** Flags of every command that runs many cases: which part of them, and when to end early. */
import type { Flag } from './flag.ts';

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
): { readonly shard: Flag; readonly lastFailed: Flag; readonly bail: Flag } {
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
