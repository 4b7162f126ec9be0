/** The gradients of forward.ts, from its probabilities: dv = P^T dout, dS = P (dP - sum(dP P)), dq = dS k, dk = dS^T q. */
import { roundToHalfNumber } from '../kernels/half.ts';
import { roundsScores, scalesProduct } from '../policy.ts';
import { cleared, clearRows } from './clear-masked.ts';
import type { ReferenceForward, ReferenceProblem, Rounding } from './problem.ts';
import { rowMask } from './row-mask.ts';

export interface ReferenceGradients {
  /** Of q before scaling. */
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
}

export function backward(
  problem: ReferenceProblem,
  { scores, probabilities }: ReferenceForward,
  round: Rounding = (x) => x,
): ReferenceGradients {
  const { B, H, Hkv, T, S, D, Dv, softcap, policy, dout } = problem;
  const { q, k, v, liveQueries, liveKeys } = cleared(problem);
  const half = policy.computeDtype === 'f16' ? roundToHalfNumber : (x: number) => x;
  const rounded = roundsScores(policy) && !scalesProduct(policy) ? roundToHalfNumber : (x: number) => x;
  const scale = round(problem.scale ?? 1 / Math.sqrt(D));
  const dq = new Float64Array(B * H * T * D);
  const dk = new Float64Array(B * Hkv * S * D);
  const dv = new Float64Array(B * Hkv * S * Dv);
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
            dp[s] = round(dp[s]! + round(dy * half(v[value]!)));
          }
          delta = round(delta + round(dp[s]! * p));
        }
        for (let s = 0; s < S; s++) {
          const at = row * S + s;
          let ds = mask.passesGradient(s) ? round(probabilities[at]! * round(dp[s]! - delta)) : 0;
          if (softcap !== undefined) {
            const tanh = round(Math.tanh(round(scores[at]! / softcap)));
            ds = round(ds * round(1 - round(tanh * tanh)));
          }
          for (let d = 0; d < D; d++) {
            const key = (kv * S + s) * D + d;
            const scaled = rounded(round(half(q[row * D + d]!) * scale));
            dq[row * D + d] = round(dq[row * D + d]! + round(ds * half(k[key]!)));
            dk[key] = round(dk[key]! + round(ds * scaled));
          }
        }
        for (let d = 0; d < D; d++) dq[row * D + d] = round(dq[row * D + d]! * scale);
      }
    }
  }
  clearRows(dq, liveQueries, D, (row) => row);
  clearRows(dk, liveKeys, D, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  clearRows(dv, liveKeys, Dv, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  return { dq, dk, dv };
}
