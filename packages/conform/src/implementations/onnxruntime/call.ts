/** One call of an operator: the graph, what is fed to it, and how its outputs read as attention. */
import type { Dtype, SafetensorsTensor } from '@nanscope/safetensors';
import type { AttentionNumbers } from '../../case.ts';
import type { GraphTensor, OperatorGraph } from './write-model.ts';

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
