/** The BPE model: the characters of a piece, merged pair by pair in the order in which the merges were learned. */
import { isObject } from '../json-error.ts';
import type { Part } from './part.ts';
import { type Model, vocabularyOf } from './vocabulary.ts';

interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** Merges by the ids of their pair, as one number. */
type Merges = ReadonlyMap<number, Merge>;

const SPAN = 2 ** 26;
const pairOf = (left: number, right: number) => left * SPAN + right;

function pairsOf(part: Part): [string, string][] {
  return part.array('merges').map((merge) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    if (Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'string'))
      return pair as [string, string];
    throw part.unusable(`has the merge ${JSON.stringify(merge)}; expected two tokens`);
  });
}

function mergesOf(part: Part, vocab: ReadonlyMap<string, number>, prefix: string): Merges {
  const idOf = (token: string) => {
    const id = vocab.get(token);
    if (id !== undefined) return id;
    throw part.unusable(`merges to or from ${JSON.stringify(token)}, which its vocabulary lacks`);
  };
  return new Map(
    pairsOf(part).map(([left, right], rank) => [
      pairOf(idOf(left), idOf(right)),
      { rank, id: idOf(left + right.slice(prefix.length)) },
    ]),
  );
}

interface Candidate extends Merge {
  readonly at: number;
}

/** A binary heap: the lowest rank first, of equal ranks the leftmost. */
class Candidates {
  readonly #heap: Candidate[] = [];

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    return one.rank < other.rank || (one.rank === other.rank && one.at < other.at);
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }

  push(candidate: Candidate): void {
    let at = this.#heap.push(candidate) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#before(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  pop(): Candidate | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < this.#heap.length && this.#before(below, least)) least = below;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }
}

/** Merges `ids` until no pair of neighbours is left that was learned. */
function merged(ids: number[], merges: Merges): number[] {
  // Neighbours by place; a symbol that was merged into its left neighbour is gone.
  const next = ids.map((_, at) => at + 1);
  const previous = ids.map((_, at) => at - 1);
  const gone = new Uint8Array(ids.length);
  const candidates = new Candidates();
  const mergeAt = (at: number) => merges.get(pairOf(ids[at]!, ids[next[at]!]!));
  const offer = (at: number) => {
    const merge = at >= 0 && next[at]! < ids.length ? mergeAt(at) : undefined;
    if (merge) candidates.push({ ...merge, at });
  };
  for (let at = 0; at < ids.length - 1; at++) offer(at);
  for (let top = candidates.pop(); top; top = candidates.pop()) {
    const { at, id } = top;
    const right = next[at]!;
    if (gone[at] || right >= ids.length || mergeAt(at)?.id !== id) continue; // Another merge was faster.
    ids[at] = id;
    gone[right] = 1;
    next[at] = next[right]!;
    if (next[at]! < ids.length) previous[next[at]!] = at;
    offer(previous[at]!);
    offer(at);
  }
  return ids.filter((_, at) => !gone[at]);
}

const utf8 = new TextEncoder();

/** How a byte is called in a vocabulary with byte fallback: `<0x0A>`. */
const byteName = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** The ids of the bytes of `text`; undefined unless all are there. */
export function byteIds(text: string, vocab: ReadonlyMap<string, number>): number[] | undefined {
  const ids = Array.from(utf8.encode(text), (byte) => vocab.get(byteName(byte)));
  return ids.includes(undefined) ? undefined : (ids as number[]);
}

/** Pieces whose ids are kept: a text says the same words again and again. */
const MOST_KEPT = 10_000;

/** @throws {UnusablePart} for dropout, which would give other ids each time, and for merges of unknown tokens */
export function bpe(part: Part): Model {
  part.only(
    ...['vocab', 'merges', 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix'],
    ...['fuse_unk', 'byte_fallback', 'ignore_merges'],
  );
  const dropout = part.any('dropout');
  if (dropout !== undefined && dropout !== 0)
    throw part.unusable(
      `has dropout ${JSON.stringify(dropout)}: its ids are drawn at random; set it to null`,
    );
  const entries = part.any('vocab');
  const vocab = vocabularyOf(part, isObject(entries) ? Object.entries(entries) : []);
  const prefix = part.string('continuing_subword_prefix', '');
  const suffix = part.string('end_of_word_suffix', '');
  const fallback = part.boolean('byte_fallback', false);
  const fuse = part.boolean('fuse_unk', false);
  const whole = part.boolean('ignore_merges', false);
  const merges = mergesOf(part, vocab, prefix);
  const unknown = part.any('unk_token') === undefined ? undefined : vocab.get(part.string('unk_token'));
  const kept = new Map<string, readonly number[]>();

  /** Undefined for a character that has no id. */
  function symbols(piece: string): number[] | undefined {
    const ids: number[] = [];
    const characters = Array.from(piece);
    // An unknown token waits, so that the next can join it; as in tokenizers, bytes do not end the wait.
    let waiting = false;
    for (const [place, character] of characters.entries()) {
      const first = place === 0 ? '' : prefix;
      const last = place === characters.length - 1 ? suffix : '';
      const symbol = first + character + last;
      const id = vocab.get(symbol);
      if (id !== undefined) {
        if (waiting) ids.push(unknown!);
        waiting = false;
        ids.push(id);
        continue;
      }
      const bytes = fallback ? byteIds(symbol, vocab) : undefined;
      if (bytes) {
        ids.push(...bytes);
        continue;
      }
      if (unknown === undefined) return undefined;
      if (waiting && !fuse) ids.push(unknown);
      waiting = true;
    }
    if (waiting) ids.push(unknown!);
    return ids;
  }

  return {
    kind: 'BPE',
    vocab,
    encode(piece) {
      const known = (whole ? vocab.get(piece) : undefined) ?? kept.get(piece);
      if (known !== undefined) return typeof known === 'number' ? [known] : known;
      const ids = symbols(piece);
      if (ids === undefined) return undefined;
      const result = merged(ids, merges);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(piece, result);
      return result;
    },
  };
}
