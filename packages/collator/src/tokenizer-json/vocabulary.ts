/** What a model of a tokenizer is, and its tokens with their ids: whole numbers from 0, at least one token. */
import type { Part } from './part.ts';

export interface Model {
  readonly kind: string;
  readonly vocab: ReadonlyMap<string, number>;
  /** Undefined where something in the piece has no token and there is no unknown token. */
  encode(piece: string): readonly number[] | undefined;
}

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
