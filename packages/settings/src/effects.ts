/**
 * What another value of a flag changes. Which settings two runs may differ in, what a resumed run takes over, what is
 * passed on to another command: all follow from this one word in the row of a flag, so that a new flag is in the right
 * lists from its first day.
 */
import type { Effect, Flag } from './flag.ts';

/** Names of the flags that have one of these effects, in the order of the table. */
export function flagNames(flags: readonly Flag[], ...wanted: readonly Effect[]): string[] {
  return flags.filter(({ affects }) => wanted.includes(affects)).map(({ name }) => name);
}
