/** Health of a backend whose memory is copied out synchronously, tensor by tensor: exact, and the slowest way. */
import type * as tf from '@tensorflow/tfjs';
import { countBits } from './bits.ts';
import type { HealthCounter } from './counter.ts';

interface Readable {
  readSync(id: tf.DataId): Float32Array | Int32Array | Uint8Array;
}

/** @param backend a tfjs backend that implements `readSync` */
export function readCounter(backend: unknown, full: boolean): HealthCounter {
  const memory = backend as Readable;
  let bytes = 0;
  return {
    method: 'bits on the host, after a copy of every tensor',
    measure(tensor, rowLength) {
      const values = memory.readSync(tensor.dataId) as Float32Array;
      bytes += values.byteLength;
      return countBits(values, { rowLength, full });
    },
    flush() {
      const read = bytes;
      bytes = 0;
      return Promise.resolve(read);
    },
    dispose: () => {},
  };
}
