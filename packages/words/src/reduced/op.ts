/** A reduced kernel call in words that all its reports share. Pure. */
import {
  backendName,
  type ElementRecord,
  fromJsonNumber,
  type OperandRecord,
  type ReducedOpRecord,
} from '@nanscope/record';
import { count, counted, float32Words, float64Words, measured } from '../number.ts';

type Titled = Pick<ReducedOpRecord, 'kernel' | 'decision' | 'smallest'>;

const ends = ({ expected: { low, high } }: ElementRecord) =>
  [fromJsonNumber(low), fromJsonNumber(high)] as const;

/** What an element may be: `0.0020294271 to 0.0020294350`, `NaN`. */
export function expectedRange(element: ElementRecord): string {
  const [low, high] = ends(element);
  if (!(low <= high)) return 'NaN';
  const words = measured(low) === measured(high) ? measured(low) : `${measured(low)} to ${measured(high)}`;
  return element.expected.nan ? `${words}, or NaN` : words;
}

/** The same in a title: six digits of the middle, where the range is that narrow. */
function expectedTitle(element: ElementRecord): string {
  const [low, high] = ends(element);
  const middle = (low + high) / 2;
  const narrow = Number.isFinite(middle) && high - low <= Math.abs(middle) * 1e-4;
  return narrow && !element.expected.nan ? String(Number(middle.toPrecision(6))) : expectedRange(element);
}

/** A backend as a reader names it. */
const deviceWords = ({ backend }: ReducedOpRecord['decision']): string => backendName(backend);

/** One line for an issue's title. */
export function opTitleWords({ kernel, decision, smallest: { element } }: Titled): string {
  return `${kernel} on ${deviceWords(decision)} gives ${measured(element.got)} where ${expectedTitle(element)} is right`;
}

/** What the expectation rests on. */
export const basisWords = ({
  element,
  reference,
}: {
  element: ElementRecord;
  reference: ReducedOpRecord['reference'];
}): string =>
  element.by === 'rule' || !reference
    ? (element.basis ?? 'by the formula')
    : element.by === 'float64'
      ? `evaluated in float64, with what rounding, flushed subnormals and any order of a sum allow; ${deviceWords(reference)} gives ${measured(element.reference)}`
      : `${deviceWords(reference)} gives ${measured(element.reference)}, and rounding explains no more than this range`;

const MOST_VALUES = 16;

export function operandWords({ shape, dtype, values }: OperandRecord): string {
  const more = values.length - MOST_VALUES;
  const words = dtype === 'float64' ? float64Words : float32Words;
  const shown = values.slice(0, MOST_VALUES).map((value) => words(fromJsonNumber(value)));
  return `${dtype} [${shape.join(', ')}]: ${shown.join(', ')}${more > 0 ? `, and ${count(more)} more` : ''}`;
}

export const elementsOf = ({ operands }: Pick<ReducedOpRecord['smallest'], 'operands'>): number =>
  operands.reduce((sum, { values }) => sum + values.length, 0);

export function attributeWords({ attributes }: Pick<ReducedOpRecord, 'attributes'>): string | undefined {
  return Object.keys(attributes).length === 0 ? undefined : JSON.stringify(attributes);
}

export function opSearchWords({
  search: { tried, seconds, minimal, budget },
}: Pick<ReducedOpRecord, 'search'>): string {
  const end = minimal
    ? 'no single further step shows it'
    : `it ended at --budget ${budget}, so that smaller operands may exist`;
  return `${counted(tried, 'call')} tried in ${seconds.toFixed(1)} s; ${end}`;
}

/** What came of the script on its own; `none` where it ended without saying what it found. */
export function opScriptWords({
  script: { backend, failing, passing, name: file, besides },
}: Pick<ReducedOpRecord, 'script'>): string {
  const name = backendName(backend);
  if (file !== undefined) {
    const with_ = besides ? `; with ${besides.version}: exit ${besides.code ?? 'none'}` : '';
    const shows = failing === 1 ? '' : ', which does not show it';
    return `${file}, plain PyTorch: exit ${failing ?? 'none'}${shows}${with_}`;
  }
  if (failing !== 1)
    return `reproduce.mjs does not show it on ${name} (exit ${failing ?? 'none'}): the kernel is one that nanscope registers; use the command of the run`;
  const beside = passing === undefined ? '' : `, and exit ${passing ?? 'none'} with the operands beside it`;
  return `reproduce.mjs on ${name}, without nanscope: exit 1${beside}`;
}
