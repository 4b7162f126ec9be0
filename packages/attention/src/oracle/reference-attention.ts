/** The float64 oracle: the judge of every attention implementation, in plain TypeScript over flat arrays. */

import { UserError } from '@nanscope/errors';
import { roundNumberTo } from '../kernels/rounding.ts';
import { type ComputeDtype, roundsScores, scalesProduct } from '../policy.ts';
import type { Precision, ReferenceForward, ReferenceProblem, ReferenceResult } from './problem.ts';
import { cleared, clearRows, rowMask } from './row-mask.ts';

interface ReferenceGradients {
  /** The gradient of q before scaling. */
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  readonly dsinks: Float64Array;
}

/** After every operation. One function that asks, where two would be called: a compiler makes it part of the loops. */
const roundingTo = (precision: Precision) => {
  const single = precision === 'float32';
  return (x: number) => (single ? Math.fround(x) : x);
};

/** f32 is what the caller rounds to, or does not. */
const roundingOf = (dtype: ComputeDtype) => (x: number) => (dtype === 'f32' ? x : roundNumberTo(x, dtype));

/** The gradients of the forward pass, from its probabilities: dv = P^T dout, dS = P (dP - sum(dP P)), dq = dS k, dk = dS^T q; of a sink, whose dP is 0, alike. */
export function backward(
  problem: ReferenceProblem,
  { scores, probabilities, sunk }: ReferenceForward,
  precision: Precision = 'float64',
): ReferenceGradients {
  const round = roundingTo(precision);
  const { B, H, Hkv, T, S, D, Dv, softcap, policy, dout } = problem;
  const { liveQueries, liveKeys, ...inputs } = cleared(problem);
  const half = roundingOf(policy.computeDtype);
  const rounded = roundingOf(roundsScores(policy) && !scalesProduct(policy) ? policy.computeDtype : 'f32');
  const scale = round(problem.scale ?? 1 / Math.sqrt(D));
  const [k, v] = [inputs.k.map(half), inputs.v.map(half)];
  const scaled = inputs.q.map((x) => rounded(round(half(x) * scale)));
  const dq = new Float64Array(B * H * T * D);
  const dk = new Float64Array(B * Hkv * S * D);
  const dv = new Float64Array(B * Hkv * S * Dv);
  const dsinks = new Float64Array(H);
  const dp = new Float64Array(S);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const kv = b * Hkv + Math.floor((h * Hkv) / H);
      for (let t = 0; t < T; t++) {
        const row = (b * H + h) * T + t;
        const mask = rowMask(problem, b, h, t);
        if (policy.rowGuard === 'zeros' && policy.clearMasked && !mask.live) continue;
        let delta = 0;
        for (let s = 0; s < S; s++) {
          const p = probabilities[row * S + s]!;
          dp[s] = 0;
          for (let d = 0; d < Dv; d++) {
            const dy = dout ? dout[row * Dv + d]! : 1;
            const value = (kv * S + s) * Dv + d;
            dv[value] = round(dv[value]! + round(p * dy));
            dp[s] = round(dp[s]! + round(dy * v[value]!));
          }
          delta = round(delta + round(dp[s]! * p));
        }
        if (problem.sinks) dsinks[h] = round(dsinks[h]! - round(sunk[row]! * delta));
        for (let s = 0; s < S; s++) {
          const at = row * S + s;
          let ds = mask.passesGradient(s) ? round(probabilities[at]! * round(dp[s]! - delta)) : 0;
          if (softcap !== undefined) {
            const tanh = round(Math.tanh(round(scores[at]! / softcap)));
            ds = round(ds * round(1 - round(tanh * tanh)));
          }
          for (let d = 0; d < D; d++) {
            const [query, key] = [row * D + d, (kv * S + s) * D + d];
            dq[query] = round(dq[query]! + round(ds * k[key]!));
            dk[key] = round(dk[key]! + round(ds * scaled[query]!));
          }
        }
        for (let d = 0; d < D; d++) dq[row * D + d] = round(dq[row * D + d]! * scale);
      }
    }
  }
  clearRows(dq, liveQueries, D, (row) => row);
  clearRows(dk, liveKeys, D, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  clearRows(dv, liveKeys, Dv, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  return { dq, dk, dv, dsinks };
}

/** Attention written out, one query at a time. No algorithm saves a step: this is what the fast ones are judged by. */
export function forward(problem: ReferenceProblem, precision: Precision = 'float64'): ReferenceForward {
  const round = roundingTo(precision);
  const { B, H, Hkv, T, S, D, Dv, softcap, policy } = problem;
  const inputs = cleared(problem);
  const half = roundingOf(policy.computeDtype);
  const rounded = roundingOf(roundsScores(policy) ? policy.computeDtype : 'f32');
  const scale = round(problem.scale ?? 1 / Math.sqrt(D));
  const [k, v] = [inputs.k.map(half), inputs.v.map(half)];
  const q = inputs.q.map(scalesProduct(policy) ? half : (x) => rounded(round(half(x) * scale)));
  const out = new Float64Array(B * H * T * Dv);
  const sunk = new Float64Array(B * H * T);
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
          for (let d = 0; d < D; d++)
            score = round(score + round(q[row * D + d]! * k[(kv * S + s) * D + d]!));
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
        } else {
          const sink = problem.sinks ? half(problem.sinks[h]!) : Number.NEGATIVE_INFINITY;
          sunk[row] = softmax(masked, probabilities, row * S, S, sink, round);
        }
        for (let s = 0; s < S; s++) probabilities[row * S + s] = half(probabilities[row * S + s]!);
        for (let d = 0; d < Dv; d++) {
          let sum = 0;
          for (let s = 0; s < S; s++)
            sum = round(sum + round(probabilities[row * S + s]! * v[(kv * S + s) * Dv + d]!));
          out[row * Dv + d] = half(sum);
        }
      }
    }
  }
  return { out, scores, softcap: capped, masked, probabilities, sunk };
}

/** Softmax of the S numbers from `start` and a sink, whose share is returned. A row of -inf gives NaN, as -inf - (-inf) does. */
function softmax(
  from: Float64Array,
  to: Float64Array,
  start: number,
  S: number,
  sink: number,
  round: (x: number) => number,
): number {
  const row = from.subarray(start, start + S);
  const maximum = row.reduce((a, b) => Math.max(a, b), sink);
  const sunk = round(Math.exp(round(sink - maximum)));
  let sum = sunk;
  for (let s = 0; s < S; s++) {
    to[start + s] = round(Math.exp(round(row[s]! - maximum)));
    sum = round(sum + to[start + s]!);
  }
  for (let s = 0; s < S; s++) to[start + s] = round(to[start + s]! / sum);
  return round(sunk / sum);
}

/**
 * Attention forward and backward under any policy and mask.
 *
 * @param precision `float32` rounds after every operation: the plain implementation whose distance from the
 * float64 one is the yardstick for tolerances.
 * @throws UserError `attention/shape` when an array does not have the size its letters say.
 */
export function referenceAttention(
  problem: ReferenceProblem,
  precision: Precision = 'float64',
): ReferenceResult {
  const { B, H, Hkv, T, S, D, Dv, q, k, v, dout, mask, sinks } = problem;
  const expected: [string, ArrayLike<number> | undefined, number][] = [
    ['q', q, B * H * T * D],
    ['k', k, B * Hkv * S * D],
    ['v', v, B * Hkv * S * Dv],
    ['dout', dout, B * H * T * Dv],
    ['padding', mask?.padding, B * S],
    ['sinks', sinks, H],
  ];
  for (const [name, values, size] of expected) {
    if (values && values.length !== size) {
      throw new UserError('attention/shape', `${name} must have ${size} numbers, got ${values.length}.`);
    }
  }
  const result = forward(problem, precision);
  return { ...result, ...backward(problem, result, precision) };
}
