/** Turns a record's codes into words: policies, keys, coordinates, lanes. Nothing here is laid out. */
import {
  type CascadeEvent,
  type LaneRecord,
  type OriginRecord,
  type PictureRecord,
  type ResultRecord,
  type StageComparison,
  stringifyExact,
} from '@nanscope/record';
import { tolerance as toleranceWords } from './number.ts';

export const roles = ['target', 'reference'] as const;
export type Role = (typeof roles)[number];

/** One thing said of a lane, or of both where they say the same. */
export interface Said<T> {
  readonly who: Role | 'both devices';
  readonly value: T;
}

/** What `pick` finds in each lane; one entry for both when the findings are equal. */
export function perLane<T>(
  result: Pick<ResultRecord, Role>,
  pick: (lane: LaneRecord) => T | undefined,
): Said<T>[] {
  const said = roles.flatMap((who) => {
    const lane = result[who];
    const value = lane === undefined ? undefined : pick(lane);
    return value === undefined ? [] : [{ who, value }];
  });
  const [first, second] = said;
  if (first && second && stringifyExact(first.value) === stringifyExact(second.value)) {
    return [{ who: 'both devices', value: first.value }];
  }
  return said;
}

/** `select -inf`, `select-inf`, `additive:-1e9`, `finfo-min`, `-10000`: how the value gets into the scores, and the value. */
function fillWords(fill: string): string {
  const [, how = 'select', rest = fill] = /^(select|additive)(?:[\s:]+|(?=-))(.+)$/.exec(fill) ?? [];
  const value = rest
    .replace(/^-?finfo[-.]?min$/, 'finfo.min')
    .replace(/^Infinity|^inf/, '-inf')
    .replace('-Infinity', '-inf');
  return how === 'additive' ? `${value} added to masked scores` : `masked scores set to ${value}`;
}

const composeWords: Readonly<Record<string, string>> = {
  and: 'causal AND padding',
  add: 'causal and padding masks added',
  'causal-dropped': 'padding only, causality dropped',
  'causal-twice': 'causal mask set first, then causal AND padding added',
};

const guardWords: Readonly<Record<string, string>> = {
  none: 'a row without an allowed key is not guarded',
  zeros: 'a row without an allowed key gives zeros',
  self: 'a row without an allowed key attends to itself',
  'attend-all': 'a row without an allowed key attends to every key',
};

const roundingWords: Readonly<Record<string, string>> = {
  'before-scale': ' with q k^T rounded before it is scaled',
  'after-scale': ' with scores rounded after the scale',
  never: ' with scores in f32',
};

/** `torch-mps-2.8: masked scores set to -inf, causal AND padding, a row without an allowed key is not guarded, f32`. */
export function policyWords({
  name,
  fill,
  compose,
  rowGuard,
  computeDtype,
  scoreRounding,
  dropped = [],
}: LaneRecord['policy']): string {
  const parts = [
    fillWords(fill),
    composeWords[compose] ?? `masks composed by ${compose}`,
    guardWords[rowGuard] ?? `row guard ${rowGuard}`,
    scoreRounding === undefined
      ? computeDtype
      : `${computeDtype}${roundingWords[scoreRounding] ?? ` with scores rounded ${scoreRounding}`}`,
    ...dropped.map((setting) => `the model's ${setting} is dropped, as the system of that name drops it`),
  ];
  return `${name}: ${parts.join(', ')}`;
}

/** Splits `{phase}/{module path}/{kernel}#{call}:{output}` into the layer and the op below it. */
export function placeOf(key: string): { layer: string; op: string } {
  const parts = key.split('/');
  if (parts.length < 2) return { layer: '', op: key };
  return placeOfPath(parts[0]!, parts.slice(1, -1).join('/'), resultWords(parts.at(-1)!));
}

/** The result of a call in words: the kernel, and for LayerNorm's second result what it is. */
const resultWords = (call: string): string =>
  call
    .replace(/^LayerNorm#\d+:1$/, 'LayerNorm variance')
    .replace(/^RmsNorm#\d+:1$/, 'RmsNorm mean of squares')
    .replace(/#\d+(:\d+)?$/, '');

/** `transformer.h.0/attn/probs` of the forward pass is layer `h.0`, op `attn.probs`; of another phase, the phase is the layer. */
export function placeOfPath(phase: string, path: string, kernel: string): { layer: string; op: string } {
  const dotted = path.replaceAll('/', '.');
  const [, layer = phase, below = dotted] =
    (phase === 'forward' &&
      (/(?:^|\.)(?:transformer\.)?(h\.\d+|embeddings|ln_f|lm_head)(?:\.(.*))?$/.exec(dotted) ??
        /(?:^|\.)(?:model\.decoder|model|gpt_neox)\.(layers\.\d+|embed_tokens|embed_in|final_layer_norm|norm)(?:\.(.*))?$/.exec(
          dotted,
        ))) ||
    [];
  const inside = layer === phase ? dotted : below === dotted ? '' : below;
  return { layer, op: inside === '' ? kernel : `${inside} ${kernel}` };
}

export function keyWords(key: string): string {
  const { layer, op } = placeOf(key);
  return layer === '' ? op : `${layer} ${op}`;
}

/** Index of a named coordinate, `query` also under its other name. */
function coordinate(origin: OriginRecord, ...names: string[]): number | undefined {
  const index = origin.coordinateNames.findIndex((name) => names.includes(name));
  return index < 0 ? undefined : origin.coordinates[index];
}

/** `[batch 1, head 0, query 0, key 0]`. */
export function coordinateWords(origin: Pick<OriginRecord, 'coordinates' | 'coordinateNames'>): string {
  const parts = origin.coordinates.map((value, index) => {
    const name = origin.coordinateNames[index];
    return name === undefined ? String(value) : `${name} ${value}`;
  });
  return `[${parts.join(', ')}]`;
}

/** What the origin's position is in its row, where the padding is known: `the first padded query of batch row 1`. */
export function positionWords(origin: OriginRecord, picture: PictureRecord | undefined): string | undefined {
  const row = coordinate(origin, 'batch');
  const position = coordinate(origin, 'query', 'position');
  if (row === undefined || position === undefined) return undefined;
  const padding = picture?.padding[row];
  const length = picture?.cells[row]?.[0]?.length;
  if (padding === undefined || length === undefined) return undefined;
  const noun = origin.coordinateNames.includes('query') ? 'query' : 'position';
  const name = (which: string): string => `the ${which} ${noun} of batch row ${row}`;
  if (position < padding.left) {
    if (position === padding.left - 1) return padding.left === 1 ? name('only padded') : name('last padded');
    return position === 0 ? name('first padded') : `a padded ${noun} of batch row ${row}`;
  }
  if (position >= length - padding.right) return `a ${noun} in the padding on the right of batch row ${row}`;
  return position === padding.left ? name('first real') : `a real ${noun} of batch row ${row}`;
}

/** Layer and op of an event. */
export function placeOfEvent(event: CascadeEvent): { layer: string; op: string } {
  return placeOfPath(event.phase, event.path, resultWords(event.key.split('/').at(-1)!));
}

/** A stage of two lanes in words: how far each lies from float64, and how far it may. */
export function stageWords({ apart, target, reference, allowed, classes }: StageComparison): string {
  if (classes !== undefined) return classes;
  if (target === undefined || reference === undefined)
    return `the devices are ${toleranceWords(apart)} apart, where ${toleranceWords(allowed)} is rounding`;
  return `the target is ${toleranceWords(target)} from float64 and the reference ${toleranceWords(reference)}, where ${toleranceWords(allowed)} is rounding`;
}
