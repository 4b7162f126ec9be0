/** Health where JavaScript sees the tensor's memory: the plain JavaScript backend and wasm. Counts in place. */
import type * as tf from '@tensorflow/tfjs';
import { countBits } from './bits.ts';
import type { HealthCounter } from './counter.ts';

type Values = Float32Array | Int32Array | Uint8Array | number[];

/** The two faces a host backend has: a map of values, or a heap with views. */
interface HostMemory {
  readonly data?: { get(id: tf.DataId): { values?: Values } };
  typedArrayFromHeap?(tensor: tf.TensorInfo): Values;
}

function view(tensor: tf.TensorInfo, memory: HostMemory): Float32Array {
  const values = memory.typedArrayFromHeap?.(tensor) ?? memory.data?.get(tensor.dataId).values;
  if (!values) throw new Error('The backend keeps its tensors where JavaScript can not see them.');
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** @param backend the tfjs backend instance of `cpu` or `wasm` */
export function hostCounter(backend: unknown, full: boolean): HealthCounter {
  const memory = backend as HostMemory;
  return {
    method: 'bits on the host, in place',
    measure: (tensor, rowLength) => countBits(view(tensor, memory), { rowLength, full }),
    flush: () => Promise.resolve(0),
    dispose: () => {},
  };
}
