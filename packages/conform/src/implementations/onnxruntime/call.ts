/** One call of an operator: the graph, what is fed to it, and how its outputs read as attention. */

import type { Dtype, SafetensorsTensor } from '@nanscope/safetensors';
import type { AttentionNumbers, AttentionProblem } from '../../case.ts';
import type { GraphTensor, OperatorGraph } from './write-model.ts';

/** The operators of onnxruntime that can be put under the suite. Running them is onnxruntime.ts's business, in Node alone. */
export const onnxruntimeOperators = ['onnxruntime', 'onnxruntime-mha'] as const;
export type OnnxruntimeOperator = (typeof onnxruntimeOperators)[number];

// The mask of a problem as one array over all cells, for operators that cannot say it otherwise.

/** `[B, H | 1, T, S]` */
interface MaskArray {
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

export interface OperatorCall {
  readonly graph: OperatorGraph;
  /** By name of the input. */
  readonly feeds: Readonly<Record<string, SafetensorsTensor>>;
  /** @param outputs float32, by name of the output */
  read(outputs: Readonly<Record<string, Float32Array>>): AttentionNumbers;
}

/** A float32, int32 or bool array as the bytes of a tensor. */
export function tensor(
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: Dtype = 'F32',
): SafetensorsTensor {
  const array =
    dtype === 'F32'
      ? Float32Array.from(values)
      : dtype === 'I32'
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  return { dtype, shape, data: new Uint8Array(array.buffer) };
}

/** The inputs of a graph, by position, from what is fed. */
export function graphInputs(
  names: readonly string[],
  feeds: Readonly<Record<string, SafetensorsTensor>>,
): (GraphTensor | undefined)[] {
  const inputs = names.map((name) => {
    const fed = feeds[name];
    return fed && { name, dtype: fed.dtype, shape: fed.shape };
  });
  while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
  return inputs;
}
