/** The oracle's `clearMasked`: rows that take part in nothing are 0 before any product, whatever they hold. */
import type { ReferenceProblem } from './problem.ts';
import { rowMask } from './row-mask.ts';

export interface Cleared {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  /** `[B, H, T]`: whether the query row was kept. */
  readonly liveQueries: Uint8Array;
  /** `[B, S]`: whether the key's rows were kept. */
  readonly liveKeys: Uint8Array;
}

export function cleared(problem: ReferenceProblem): Cleared {
  const { B, H, Hkv, T, S, D, Dv, policy } = problem;
  const [q, k, v] = [problem.q, problem.k, problem.v].map((x) => Float64Array.from(x)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const liveQueries = new Uint8Array(B * H * T).fill(1);
  const liveKeys = new Uint8Array(B * S).fill(1);
  if (!policy.clearMasked) return { q, k, v, liveQueries, liveKeys };
  liveKeys.fill(0);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        const mask = rowMask(
          { ...problem, policy: { ...policy, fill: { how: 'select', value: Number.NEGATIVE_INFINITY } } },
          b,
          h,
          t,
        );
        liveQueries[(b * H + h) * T + t] = Number(mask.live);
        // Under `zeros` a dead row attends to nothing; under the other guards to what they open.
        const attends = mask.live || policy.rowGuard !== 'zeros';
        for (let s = 0; s < S; s++) if (attends && mask.passesGradient(s)) liveKeys[b * S + s] = 1;
      }
    }
  }
  clearRows(q, liveQueries, D, (row) => row);
  clearRows(k, liveKeys, D, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  clearRows(v, liveKeys, Dv, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  return { q, k, v, liveQueries, liveKeys };
}

export function clearRows(
  x: Float64Array,
  live: Uint8Array,
  width: number,
  index: (row: number) => number,
): void {
  for (let row = 0; row < x.length / width; row++) {
    if (!live[index(row)]) x.fill(0, row * width, (row + 1) * width);
  }
}
