/** The models of a tokenizer.json, by type: from a piece of text to ids. */

import { isObject } from '../json-error.ts';
import { bpe } from './bpe.ts';
import { type Makers, madeOf, UnusablePart } from './part.ts';
import { unigram } from './unigram.ts';
import type { Model } from './vocabulary.ts';
import { wordLevel, wordPiece } from './word-models.ts';

const makers: Makers<Model> = {
  BPE: bpe,
  Unigram: unigram,
  WordPiece: wordPiece,
  WordLevel: wordLevel,
};

/** The type that an older file, which names none, must mean. */
function typeOf(model: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(model.merges)) return 'BPE';
  if (Array.isArray(model.vocab)) return 'Unigram';
  return 'continuing_subword_prefix' in model ? 'WordPiece' : 'WordLevel';
}

/** @throws {UnusablePart} */
export function modelOf(settings: unknown): Model {
  if (!isObject(settings)) throw new UnusablePart('it has no model.vocab; fetch the file again');
  return madeOf('model', { type: typeOf(settings), ...settings }, makers);
}
