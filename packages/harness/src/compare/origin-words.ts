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
          : /\/ln_[12f]\b/.test(key)
            ? 'LayerNorm'
            : undefined;
  if (layer) return `layer ${layer[1]}${part ? `, ${part}` : ''}`;
  return key;
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
  return `the NaN is born in ${placeWords(origin.key)} at [${at}] by ${origin.mechanism.name}`;
}
