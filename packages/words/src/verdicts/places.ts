/** Where in a model something happened, and where a lane's first value that is not finite was born, in words. */
import { isLastNorm, type LaneRecord, layerNumber } from '@nanscope/record';

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

/** The origin of a lane's cascade in one clause. */
export function originWords(lane: Pick<LaneRecord, 'cascade'>): string {
  const origin = lane.cascade?.origin;
  if (!origin) {
    if (lane.cascade && lane.cascade.ops > 0) return 'the trace names no origin';
    return lane.cascade?.filters && lane.cascade.level !== 'gate'
      ? 'no op passed --trace-filter, so no origin is known'
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
  const why = name === 'fully masked row' ? ': that row is fully masked' : ` by ${name}`;
  return `${what} is born in ${where}${why}${turn}`;
}
