/** WordPiece, which cuts a piece from the left into the longest tokens there are, and WordLevel, which takes it whole. */
import type { Part } from './part.ts';
import { type Model, vocabularyOf } from './vocabulary.ts';

/** @throws {UnusablePart} */
export function wordPiece(part: Part): Model {
  part.only('vocab', 'unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word');
  const vocab = vocabularyOf(part, Object.entries(part.object('vocab')));
  const prefix = part.string('continuing_subword_prefix', '##');
  const longest = part.count('max_input_chars_per_word', 100);
  const unknown = vocab.get(part.string('unk_token', '[UNK]'));

  function pieces(characters: readonly string[]): number[] | undefined {
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      let end = characters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        id = vocab.get((start > 0 ? prefix : '') + characters.slice(start, end).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return undefined;
      ids.push(id);
      start = end;
    }
    return ids;
  }

  return {
    kind: 'WordPiece',
    vocab,
    encode(piece) {
      const characters = Array.from(piece);
      const ids = characters.length > longest ? undefined : pieces(characters);
      return ids ?? (unknown === undefined ? undefined : [unknown]);
    },
  };
}

/** @throws {UnusablePart} */
export function wordLevel(part: Part): Model {
  part.only('vocab', 'unk_token');
  const vocab = vocabularyOf(part, Object.entries(part.object('vocab')));
  const unknown = vocab.get(part.string('unk_token', '<unk>'));
  return {
    kind: 'WordLevel',
    vocab,
    encode(piece) {
      const id = vocab.get(piece) ?? unknown;
      return id === undefined ? undefined : [id];
    },
  };
}
