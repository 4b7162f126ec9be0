/** Post-processors: the special tokens that go around the ids of a text. */
import { isObject } from '../json-error.ts';
import { type Makers, madeOf, type Part } from './part.ts';

/** What is put before and after each text. */
export interface Surrounding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const nothing: Surrounding = { before: [], after: [] };

/** `inner` is closer to the text. */
const around = (inner: Surrounding, outer: Surrounding): Surrounding => ({
  before: [...outer.before, ...inner.before],
  after: [...inner.after, ...outer.after],
});

/** A token with its id: `["[SEP]", 3]`. */
function idOf(part: Part, name: string): number {
  const id = part.array(name)[1];
  if (Number.isInteger(id)) return id as number;
  throw part.unusable(`has ${name} ${JSON.stringify(part.any(name))}; expected a token and its id`);
}

const pair = (part: Part): Surrounding => ({ before: [idOf(part, 'cls')], after: [idOf(part, 'sep')] });

function template(part: Part): Surrounding {
  part.only('single', 'pair', 'special_tokens');
  const tokens = part.object('special_tokens');
  const [before, after]: number[][] = [[], []];
  let texts = 0;
  for (const item of part.array('single')) {
    if (isObject(item) && isObject(item.Sequence) && item.Sequence.id === 'A') texts++;
    else {
      const token =
        isObject(item) && isObject(item.SpecialToken) ? tokens[String(item.SpecialToken.id)] : undefined;
      const ids = isObject(token) && Array.isArray(token.ids) ? token.ids : undefined;
      if (!ids?.every(Number.isInteger))
        throw part.unusable(`has ${JSON.stringify(item)} in its template for one text`);
      (texts === 0 ? before : after)!.push(...ids);
    }
  }
  if (texts !== 1) throw part.unusable('does not hold the text once in its template for one text');
  return { before: before!, after: after! };
}

const makers: Makers<Surrounding> = {
  // The ByteLevel step changes offsets alone, which are not used.
  ByteLevel: () => nothing,
  TemplateProcessing: template,
  BertProcessing: (part) => pair(part.only('sep', 'cls')),
  RobertaProcessing: (part) => pair(part.only('sep', 'cls', 'trim_offsets', 'add_prefix_space')),
  Sequence: (part) =>
    part.only('processors').array('processors').map(postProcessorOf).reduce(around, nothing),
};

/** @throws {UnusablePart} */
export const postProcessorOf = (settings: unknown): Surrounding => madeOf('post-processor', settings, makers);
