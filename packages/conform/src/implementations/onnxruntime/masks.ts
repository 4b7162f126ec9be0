/** The mask of a problem as one array over all cells, for operators that can not say it otherwise. */
import type { AttentionProblem } from '../../case.ts';

/** `[B, H | 1, T, S]` */
export interface MaskArray {
  readonly values: number[];
  readonly shape: readonly [number, number, number, number];
}

/** Causality whose diagonal ends where the cache does, which is how the operators align it. */
export function isOperatorsCausal({ mask = {}, past = 0, T, S }: AttentionProblem): boolean {
  return mask.causal === true && (mask.offset ?? S - T) === past;
}

/**
 * 0 where a cell is allowed, -inf where it is not, with a float mask of the problem's own added.
 *
 * @param causal whether causality is to be in it; without, the operator's own flag says it
 */
export function biasOf(problem: AttentionProblem, causal: boolean): MaskArray | undefined {
  const { B, H, T, S, mask = {} } = problem;
  const { padding, window, explicit, offset = S - T } = mask;
  const withCausal = causal && mask.causal === true;
  if (!padding && window === undefined && !explicit && !withCausal) return undefined;
  const [masks, heads, queries, keys] = [...Array<number>(4).fill(1), ...(explicit?.shape ?? [])].slice(
    -4,
  ) as [number, number, number, number];
  const own = (b: number, h: number, t: number, s: number): number => {
    if (!explicit) return 0;
    const at = (size: number, i: number) => (size === 1 ? 0 : i);
    const index = ((at(masks, b) * heads + at(heads, h)) * queries + at(queries, t)) * keys + at(keys, s);
    const value = explicit.values[index]!;
    return explicit.dtype === 'bool' ? (value ? 0 : Number.NEGATIVE_INFINITY) : value;
  };
  const open = (b: number, t: number, s: number) =>
    padding?.[b * S + s] !== 0 &&
    (window === undefined || s > t + offset - window) &&
    (!withCausal || s <= t + offset);
  const H1 = heads === 1 ? 1 : H;
  const values: number[] = [];
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H1; h++)
      for (let t = 0; t < T; t++)
        for (let s = 0; s < S; s++) values.push(open(b, t, s) ? own(b, h, t, s) : Number.NEGATIVE_INFINITY);
  return { values, shape: [B, H1, T, S] };
}
