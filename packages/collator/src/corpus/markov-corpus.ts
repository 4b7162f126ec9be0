/** Lines drawn from the grammar, one after the other: nothing but the current line is held. */
import { type Choice, choicesOf, type StateName } from './grammar.ts';

export interface MarkovCorpusOptions {
  /** A whole number; the same seed gives the same lines on every machine. */
  readonly seed: number;
  readonly lines: number;
}

/** Mulberry32 by Tommy Ettinger: 32 random bits a call, from a 32-bit counter. */
function randomWords(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let word = Math.imul(counter ^ (counter >>> 15), counter | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  };
}

function draw(choices: readonly Choice[], word: number): Choice {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let left = Math.floor((word / 2 ** 32) * total);
  return choices.find(({ weight }) => {
    left -= weight;
    return left < 0;
  })!;
}

/** English-looking lines without their line ends, such as `The old fox hunts a mouse near our barn.` */
export function* markovCorpus({ seed, lines }: MarkovCorpusOptions): Generator<string, void, undefined> {
  const random = randomWords(seed);
  for (let count = 0; count < lines; count++) {
    let line = '';
    for (let state: StateName | undefined = 'line'; state !== undefined; ) {
      const choice: Choice = draw(choicesOf(state), random());
      line += choice.text;
      state = choice.next;
    }
    yield line;
  }
}

/** Text from a source whose entropy is known, so that the best reachable loss is known too. */
export { bestLoss, type CorpusFacts, corpusFacts, lineCost, type RowKind } from './entropy.ts';
