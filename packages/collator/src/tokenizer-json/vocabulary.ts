/** The tokens of a model with their ids: whole numbers from 0, at least one token. */
import type { Part } from './part.ts';

/** @throws {UnusablePart} */
export function vocabularyOf(
  part: Part,
  entries: readonly (readonly [string, unknown])[],
): ReadonlyMap<string, number> {
  const wrong = entries.find(([, id]) => !Number.isInteger(id) || (id as number) < 0);
  if (wrong) throw part.unusable(`gives ${JSON.stringify(wrong[0])} the id ${JSON.stringify(wrong[1])}`);
  if (entries.length === 0) throw part.unusable('has an empty vocabulary');
  return new Map(entries as readonly (readonly [string, number])[]);
}
