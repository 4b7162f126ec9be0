/** Attention written out, one query at a time. Never optimised: this is what the fast ones are judged by. */
import { roundToHalfNumber } from '../kernels/half.ts';
import { roundsScores, scalesProduct } from '../policy.ts';
import { cleared } from './clear-masked.ts';
import type { ReferenceForward, ReferenceProblem, Rounding } from './problem.ts';
import { rowMask } from './row-mask.ts';

export function forward(problem: ReferenceProblem, round: Rounding = (x) => x): ReferenceForward {
  const { B, H, Hkv, T, S, D, Dv, softcap, policy } = problem;
  const { q, k, v } = cleared(problem);
  const half = policy.computeDtype === 'f16' ? roundToHalfNumber : (x: number) => x;
  const rounded = roundsScores(policy) ? roundToHalfNumber : (x: number) => x;
  const query = (x: number) => (scalesProduct(policy) ? half(x) : rounded(round(half(x) * scale)));
  const scale = round(problem.scale ?? 1 / Math.sqrt(D));
  const out = new Float64Array(B * H * T * Dv);
  const stages = Array.from({ length: 4 }, () => new Float64Array(B * H * T * S));
  const [scores, capped, masked, probabilities] = stages as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const kv = b * Hkv + Math.floor((h * Hkv) / H);
      for (let t = 0; t < T; t++) {
        const row = (b * H + h) * T + t;
        const mask = rowMask(problem, b, h, t);
        for (let s = 0; s < S; s++) {
          let score = 0;
          for (let d = 0; d < D; d++) {
            score = round(score + round(query(q[row * D + d]!) * half(k[(kv * S + s) * D + d]!)));
          }
          const at = row * S + s;
          scores[at] = scalesProduct(policy) ? rounded(round(rounded(score) * scale)) : rounded(score);
          capped[at] =
            softcap === undefined
              ? scores[at]!
              : rounded(round(softcap * round(Math.tanh(round(scores[at]! / softcap)))));
          masked[at] = round(mask.masked(capped[at]!, s));
        }
        const zero = policy.rowGuard === 'zeros' && !mask.live;
        if (zero) {
          // What a caller sees of the stages.
          masked.fill(rounded(Math.fround(policy.fill.value)), row * S, (row + 1) * S);
          if (policy.clearMasked) continue;
          // The guard is of rows of -inf: an added -inf leaves NaN where the score is NaN or Infinity, and no such row.
          const poisoned =
            policy.fill.how === 'additive' &&
            policy.guardReads !== 'mask' &&
            capped.subarray(row * S, (row + 1) * S).some((x) => !(x < Infinity));
          probabilities.fill(poisoned ? Number.NaN : 0, row * S, (row + 1) * S);
        } else softmax(masked, probabilities, row * S, S, round);
        for (let s = 0; s < S; s++) probabilities[row * S + s] = half(probabilities[row * S + s]!);
        for (let d = 0; d < Dv; d++) {
          let sum = 0;
          for (let s = 0; s < S; s++)
            sum = round(sum + round(probabilities[row * S + s]! * half(v[(kv * S + s) * Dv + d]!)));
          out[row * Dv + d] = half(sum);
        }
      }
    }
  }
  return { out, scores, softcap: capped, masked, probabilities };
}

/** Of the S numbers from `start`. A row of -inf gives NaN, as -inf - (-inf) does. */
function softmax(from: Float64Array, to: Float64Array, start: number, S: number, round: Rounding): void {
  const row = from.subarray(start, start + S);
  const maximum = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let s = 0; s < S; s++) {
    to[start + s] = round(Math.exp(round(row[s]! - maximum)));
    sum = round(sum + to[start + s]!);
  }
  for (let s = 0; s < S; s++) to[start + s] = round(to[start + s]! / sum);
}
