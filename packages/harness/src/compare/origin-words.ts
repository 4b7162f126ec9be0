/** The origin of a lane's cascade in one clause. */
import type { LaneRecord } from '@nanscope/record';

/** `transformer.h.0.attn.probs` in words people use: `layer 0, attention probabilities`. */
export function placeWords(key: string): string {
  const layer = /transformer\.h\.(\d+)/.exec(key);
  const part = /\/(probs|probabilities)\b/.test(key)
    ? 'attention probabilities'
    : /\/(scores|masked|softcap)\b/.test(key)
      ? 'attention scores'
      : /\/context\b/.test(key)
        ? 'attention output'
        : /\/mlp\b/.test(key)
          ? 'MLP'
          : /[./]ln_[12f]\b/.test(key)
            ? key.endsWith('/LayerNorm#0:1')
              ? 'variance of LayerNorm'
              : 'LayerNorm'
            : undefined;
  if (layer) return `layer ${layer[1]}${part ? `, ${part}` : ''}`;
  return /^forward\/transformer\.ln_f\//.test(key) && part
    ? part.replace('LayerNorm', 'the last LayerNorm')
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
