/** The origin of a lane's cascade in one clause. */
import { isLastNorm, layerNumber } from '@nanscope/cascade';
import type { LaneRecord } from '@nanscope/record';

/** A norm's second result, by its kernel. */
const secondResults: Readonly<Record<string, string>> = {
  LayerNorm: 'variance of LayerNorm',
  RmsNorm: 'mean of squares of RMSNorm',
};

/** Which norm a key is of, and of which of its results. */
function normWords(key: string): string | undefined {
  if (!/[./](ln_[12f]|\w*norm)\//.test(key)) return undefined;
  const [, kernel = '', second] = /(LayerNorm|RmsNorm)#\d+(:1)?/.exec(key) ?? [];
  if (second) return secondResults[kernel];
  return kernel === 'RmsNorm' ? 'RMSNorm' : 'LayerNorm';
}

function partWords(key: string): string | undefined {
  if (/\/(probs|probabilities)\b/.test(key)) return 'attention probabilities';
  if (/\/(scores|masked|softcap)\b/.test(key)) return 'attention scores';
  if (/\/context\b/.test(key)) return 'attention output';
  return /\/mlp\b/.test(key) ? 'MLP' : normWords(key);
}

/** `model.layers.0/self_attn/probs` in words people use: `layer 0, attention probabilities`. */
export function placeWords(key: string): string {
  const layer = layerNumber(key);
  const part = partWords(key);
  if (layer !== undefined) return `layer ${layer}${part ? `, ${part}` : ''}`;
  const path = key.split('/').slice(1, -1).join('/');
  return isLastNorm(path) && key.startsWith('forward/') && part
    ? part.replace(/(?=LayerNorm|RMSNorm)/, 'the last ')
    : key;
}

export function originWords(lane: Pick<LaneRecord, 'cascade'>): string {
  const origin = lane.cascade?.origin;
  if (!origin) {
    if (lane.cascade && lane.cascade.ops > 0) return 'the trace names no origin';
    return lane.cascade?.filters && lane.cascade.level !== 'gate'
      ? 'no op passed --trace-filter, so that no origin is known'
      : 'it was not traced (--trace health names the origin)';
  }
  const at = origin.coordinates.map((value, i) => `${origin.coordinateNames[i] ?? '?'} ${value}`).join(', ');
  if (lane.cascade?.filters) {
    const { name } = origin.mechanism;
    const by = name === 'unknown' ? '' : `, by ${name}`;
    return `of what --trace-filter let through, ${placeWords(origin.key)} at [${at}] shows it first${by}`;
  }
  const where = `${placeWords(origin.key)} at [${at}]`;
  const { name, evidence } = origin.mechanism;
  const turn = origin.becameNaN ? `, and becomes NaN in ${placeWords(origin.becameNaN.key)}` : '';
  if (name === 'external input') return `${evidence}; it shows first in ${where}${turn}`;
  const what = origin.kind === 'Inf' ? 'an infinity' : 'the NaN';
  return `${what} is born in ${where} by ${name}${turn}`;
}

/**
 * Of a lane whose loss is finite: what was not, on the way. An origin that no result shows, or a value that went into an
 * op and not out of it. Empty where there was nothing.
 */
export function hiddenWords({ cascade }: Pick<LaneRecord, 'cascade'>): string {
  if (!cascade || cascade.gate) return '';
  const { origin, kills } = cascade;
  const lost = kills.find((key) => !picks(key));
  if (origin) {
    const ends =
      lost === undefined ? '' : ` It ends in ${placeWords(lost)}, which gives a finite number for it.`;
    return ` Yet ${originWords({ cascade })}: a finite loss hides it.${ends}`;
  }
  if (lost === undefined) return '';
  return ` Yet a value that is not finite goes into ${placeWords(lost)}, which gives a finite number: a finite loss hides it.`;
}

/** An op that only picks loses nothing: what it leaves behind was not asked for. */
const picks = (key: string): boolean => /\/(GatherV2|Slice|StridedSlice|SplitV|Unpack)#\d+(:\d+)?$/.test(key);

/** Of a finite loss: the op that left behind what is not finite. Empty where none did. */
export function leftBehindWords({ cascade }: Pick<LaneRecord, 'cascade'>): string {
  const left = cascade?.origin === undefined ? cascade?.kills.find(picks) : undefined;
  return left === undefined
    ? ''
    : ` ${placeWords(left)} reads values that are not finite, and takes none of them.`;
}
