/**
 * A tokenizer.json run from end to end, with the ids that Hugging Face's tokenizers gives: added tokens, normalizer,
 * pre-tokenizer, model, post-processor, and back through the decoder. What it says of truncation and padding is left
 * alone, as transformers leaves it.
 */
import type { JsonObject } from '../json-error.ts';
import { type AddedToken, addedTokenOf, findersOf } from './added-tokens.ts';
import { decoderOf } from './decoders.ts';
import { modelOf } from './models.ts';
import { type Normalizer, normalizerOf } from './normalizers.ts';
import { UnusablePart } from './part.ts';
import { nothing, postProcessorOf, type Surrounding } from './post-processors.ts';
import { type PreTokenizer, preTokenizerOf } from './pre-tokenizers.ts';
import type { Model } from './vocabulary.ts';

export interface Pipeline {
  /** The type of the model: `BPE`, `Unigram`, `WordPiece`, `WordLevel`. */
  readonly kind: string;
  /** Tokens by id, added ones among them. */
  readonly tokens: ReadonlyMap<number, string>;
  readonly surrounding: Surrounding;
  idOf(token: string): number | undefined;
  /** Undefined where something in the text has no token and there is no unknown token. */
  encode(text: string): number[] | undefined;
  /** Ids must be known. */
  decode(ids: readonly number[]): string;
}

const asItIs: Normalizer = (piece) => piece;

/** @throws {UnusablePart} for one whose id is not the one that tokenizers gives it: its own in the model, or the next */
function checkIds(added: readonly AddedToken[], { vocab }: Model): void {
  let next = vocab.size;
  for (const { id, content } of added) {
    const own = vocab.get(content);
    const given = own ?? next;
    if (own === undefined) next = given + 1;
    if (given === id) continue;
    throw new UnusablePart(
      `its added token ${JSON.stringify(content)} has id ${id}, and ${given} once it is loaded by Hugging Face's tokenizers`,
    );
  }
}

/**
 * @param splitSpecial special tokens that a text spells are text
 * @throws {UnusablePart} that names the part which is not known here
 */
export function pipelineOf(json: JsonObject, splitSpecial: boolean): Pipeline {
  const model = modelOf(json.model);
  const normalize = json.normalizer ? normalizerOf(json.normalizer) : asItIs;
  const preTokenize: PreTokenizer = json.pre_tokenizer
    ? preTokenizerOf(json.pre_tokenizer)
    : (piece) => [piece];
  const surrounding = json.post_processor ? postProcessorOf(json.post_processor) : nothing;
  const decode = json.decoder ? decoderOf(json.decoder) : undefined;
  const listed: readonly unknown[] = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const added = listed.map(addedTokenOf).filter(({ content }) => content !== '');
  checkIds(added, model);
  const find = findersOf(added, normalize, splitSpecial);
  const ids = new Map([...model.vocab, ...added.map(({ content, id }) => [content, id] as const)]);
  const tokens = new Map([...ids].map(([token, id]) => [id, token]));
  // From 0.23 on tokenizers decodes a token that it looks for in normalized text as it is written there.
  for (const { content, id, normalized } of added)
    if (normalized) tokens.set(id, normalize({ text: content, atStart: true }).text);

  /** The ids of a text between added tokens that are found in it as it is. */
  function encodeSection(text: string, start: number, ids: number[]): boolean {
    const whole = normalize({ text, atStart: start === 0 });
    for (const section of find.normalized(whole.text)) {
      if ('id' in section) {
        ids.push(section.id);
        continue;
      }
      for (const piece of preTokenize({
        text: section.text,
        atStart: whole.atStart && section.start === 0,
      })) {
        const own = model.encode(piece.text);
        if (own === undefined) return false;
        for (const id of own) ids.push(id);
      }
    }
    return true;
  }

  return {
    kind: model.kind,
    tokens,
    surrounding,
    idOf: (token) => ids.get(token),
    encode(text) {
      const result = [...surrounding.before];
      for (const section of find.raw(text)) {
        if ('id' in section) result.push(section.id);
        else if (!encodeSection(section.text, section.start, result)) return undefined;
      }
      return [...result, ...surrounding.after];
    },
    decode(known) {
      const texts = known.map((id) => tokens.get(id)!);
      return decode ? decode(texts).join('') : texts.join(' ');
    },
  };
}
