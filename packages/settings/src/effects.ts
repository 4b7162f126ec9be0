/**
 * What another value of a flag changes. Which settings two runs may differ in, what a resumed run takes over, what is
 * passed on to another command: all follow from this one word in the row of a flag, so that a new flag is in the right
 * lists from its first day.
 */
import type { Flag } from './flag.ts';

export const effects = {
  numbers: 'what is computed: runs that differ in it are not compared with each other',
  policy: 'the masking policy, which is compared as the policy it makes, however it was spelled',
  device: 'who computes it: runs of two devices are there to be compared',
  tracing: 'what is watched and kept of it, with the same numbers',
  verdict: 'how far apart two numbers may be, and how a difference is looked into',
  output: 'how the result is told',
  place: 'what is written beside it, where and when',
  waiting: 'how long anything may take',
} as const;

export type Effect = keyof typeof effects;

/** Names of the flags that have one of these effects, in the order of the table. */
export function flagNames(flags: readonly Flag[], ...wanted: readonly Effect[]): string[] {
  return flags.filter(({ affects }) => wanted.includes(affects)).map(({ name }) => name);
}
