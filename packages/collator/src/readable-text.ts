/**
 * The text of ids where people read it: in a report, in a continuation. It never throws, since a model may give
 * ids that its tokenizer has no token for, and a run is worth more than the words beside its numbers.
 */
import type { Tokenizer } from './tokenizer.ts';

type Decoder = Pick<Tokenizer, 'decode'>;

/** Undefined where the tokenizer throws, or where there is none. */
function decoded(tokenizer: Decoder | undefined, ids: readonly number[]): string | undefined {
  try {
    return tokenizer?.decode(ids);
  } catch {
    return undefined;
  }
}

/**
 * @param tokenizer Undefined where none can be read.
 * @returns The text of `ids`; an id without one is shown as its number: `<449>`.
 */
export function readableText(tokenizer: Decoder | undefined, ids: Iterable<number>): string {
  // Neighbours are decoded together, so that a character of several tokens survives.
  const runs: { known: boolean; ids: number[] }[] = [];
  for (const id of ids) {
    const known = decoded(tokenizer, [id]) !== undefined;
    if (runs.at(-1)?.known === known) runs.at(-1)!.ids.push(id);
    else runs.push({ known, ids: [id] });
  }
  const numbers = (run: readonly number[]) => run.map((id) => `<${id}>`).join('');
  return runs
    .map((run) => (run.known ? decoded(tokenizer, run.ids) : undefined) ?? numbers(run.ids))
    .join('');
}
