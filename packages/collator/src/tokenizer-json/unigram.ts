/** The Unigram model: of all ways to write a piece in tokens, the one with the highest sum of scores. */
import { byteIds } from './bpe.ts';
import type { Part } from './part.ts';
import { type Model, vocabularyOf } from './vocabulary.ts';

/** What a character outside the vocabulary costs, below the worst score there is. */
const UNKNOWN_PENALTY = 10;

/** Tokens by their UTF-16 code units. */
interface Node {
  readonly below: Map<number, Node>;
  /** The id of the token that ends here. */
  id?: number;
}

function trieOf(vocab: ReadonlyMap<string, number>): Node {
  const root: Node = { below: new Map() };
  for (const [token, id] of vocab) {
    let node = root;
    for (let at = 0; at < token.length; at++) {
      const unit = token.charCodeAt(at);
      const below = node.below.get(unit) ?? { below: new Map() };
      node.below.set(unit, below);
      node = below;
    }
    node.id = id;
  }
  return root;
}

/** The best way to a place in the text: from where, by which token (undefined: none), at which score. */
interface Step {
  readonly from: number;
  readonly id: number | undefined;
  readonly score: number;
}

function scoresOf(part: Part): [string, number][] {
  return part.array('vocab').map((entry) => {
    if (Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number')
      return [entry[0], entry[1]];
    throw part.unusable(`has the token ${JSON.stringify(entry)}; expected a text and a score`);
  });
}

/** @throws {UnusablePart} */
export function unigram(part: Part): Model {
  part.only('vocab', 'unk_id', 'byte_fallback');
  const tokens = scoresOf(part);
  const scores = tokens.map(([, score]) => score);
  const vocab = vocabularyOf(
    part,
    tokens.map(([token], id) => [token, id] as const),
  );
  const unknown = part.any('unk_id') === undefined ? undefined : part.count('unk_id');
  if (unknown !== undefined && unknown >= tokens.length)
    throw part.unusable(`has unk_id ${unknown} among ${tokens.length} tokens`);
  const fallback = part.boolean('byte_fallback', false);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const trie = trieOf(vocab);

  function bestSteps(piece: string): (Step | undefined)[] {
    const best: (Step | undefined)[] = new Array(piece.length + 1);
    const offer = (to: number, step: Step) => {
      // Between equal scores the first stays, as in tokenizers: the one with the longest last token.
      if (best[to] === undefined || step.score > best[to].score) best[to] = step;
    };
    for (let from = 0; from < piece.length; ) {
      const here = best[from]?.score ?? 0;
      const length = piece.codePointAt(from)! > 0xffff ? 2 : 1;
      let single = false;
      let node: Node | undefined = trie;
      for (let to = from; to < piece.length && node; ) {
        node = node.below.get(piece.charCodeAt(to++));
        if (node?.id === undefined) continue;
        offer(to, { from, id: node.id, score: scores[node.id]! + here });
        if (to - from === length) single = true;
      }
      if (!single) offer(from + length, { from, id: unknown, score: unknownScore + here });
      from += length;
    }
    return best;
  }

  return {
    kind: 'Unigram',
    vocab,
    encode(piece) {
      const best = bestSteps(piece);
      const texts: string[] = [];
      // Back from the end; neighbours without a token are one text.
      let open = false;
      for (let end = piece.length; end > 0; ) {
        const { from, id } = best[end]!;
        const text = piece.slice(from, end);
        const isUnknown = id === undefined || id === unknown;
        if (isUnknown && open) texts.push(text + texts.pop()!);
        else texts.push(text);
        open = isUnknown;
        end = from;
      }
      const ids: number[] = [];
      for (const text of texts.reverse()) {
        const id = vocab.get(text);
        const written =
          id === undefined ? ((fallback ? byteIds(text, vocab) : undefined) ?? [unknown]) : [id];
        if (written.includes(undefined as never)) return undefined;
        ids.push(...(written as number[]));
      }
      return ids;
    },
  };
}
