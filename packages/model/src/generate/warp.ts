/**
 * Temperature, top-k and top-p, in that order, as `generate` of Hugging Face's transformers applies them
 * (`TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper` of generation/logits_process.py, in the order
 * of `_get_logits_processor`), here in float64. Each may be left out; unlike there, no top-k is on by default.
 */

export interface WarpOptions {
  /** Logits are divided by it. Default 1. Above 0; the limit at 0 is the most likely token. */
  readonly temperature?: number | undefined;
  /** Only tokens at least as likely as the k-th stay: more than k where some are equally likely. */
  readonly topK?: number | undefined;
  /** Only the most likely tokens that together reach this probability stay; at least one. */
  readonly topP?: number | undefined;
}

const removed = Number.NEGATIVE_INFINITY;
const larger = (a: number, b: number): number => Math.max(a, b);

function keepTopK(scores: Float64Array, k: number): void {
  if (k >= scores.length) return;
  const least = scores.toSorted()[scores.length - k]!;
  for (let i = 0; i < scores.length; i++) if (scores[i]! < least) scores[i] = removed;
}

/** Removes tokens from the least likely up, while what was removed stays within 1 - p. */
function keepTopP(scores: Float64Array, p: number): void {
  const probabilities = softmax(scores);
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
  let below = 0;
  for (const token of order.slice(0, -1)) {
    below += probabilities[token]!;
    if (!(below <= 1 - p)) return;
    scores[token] = removed;
  }
}

/** exp(score - maximum) over their sum; needs a finite maximum. */
export function softmax(scores: Float64Array): Float64Array {
  const maximum = scores.reduce(larger, removed);
  const exponentials = scores.map((score) => Math.exp(score - maximum));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * @param logits No NaN, a finite maximum.
 * @returns Scores, the largest 0, with -Infinity for every token that may not be drawn.
 */
export function warp(
  logits: ArrayLike<number>,
  { temperature = 1, topK, topP }: WarpOptions,
): Float64Array<ArrayBuffer> {
  // The largest becomes 0 first, which changes no probability: a quotient may overflow at a low temperature, and
  // two infinite scores have no difference.
  const given = Float64Array.from(logits);
  const maximum = given.reduce(larger, removed);
  const scores = given.map((logit) => (logit - maximum) / temperature);
  if (topK !== undefined) keepTopK(scores, topK);
  if (topP !== undefined && topP < 1) keepTopP(scores, topP);
  return scores;
}

/** The token in whose share of the probability `draw` falls, tokens in their order; `draw` is uniform in [0, 1). */
export function drawToken(scores: Float64Array, draw: number): number {
  const probabilities = softmax(scores);
  let last = -1;
  let sum = 0;
  for (const [token, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    sum += probability;
    last = token;
    if (draw < sum) return token;
  }
  // The sum of the probabilities may have been rounded to a little below 1.
  return last;
}
