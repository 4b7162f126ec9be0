/**
 * Health of a backend that someone else brought. If it can be read synchronously its tensors are copied out and
 * counted by bits: exact, and slow. If not, the counts are composed from ordinary tfjs ops: as honest as the
 * backend's own comparisons, which is said in the label.
 */
import * as tf from '@tensorflow/tfjs';
import { countBits } from './bits.ts';
import type { HealthCounter, Measurement } from './gate.ts';

interface Readable {
  readSync?(id: tf.DataId): ArrayLike<number>;
}

/** Copies and counts. */
function readCounter(memory: Required<Readable>, full: boolean): HealthCounter {
  let bytes = 0;
  return {
    method: 'bits on the host, after a copy of every tensor',
    measure(tensor, rowLength) {
      const values = memory.readSync(tensor.dataId);
      bytes += values.length * 4;
      return countBits(values instanceof Float32Array ? values : Float32Array.from(values), {
        rowLength,
        full,
      });
    },
    flush() {
      const crossed = bytes;
      bytes = 0;
      return Promise.resolve(crossed);
    },
    dispose: () => {},
  };
}

/** [nan, posInf, negInf, firstNaN, firstInf, a 0..2 per row] of a tensor, as one int32 vector on the device. */
function composedCount(tensor: tf.Tensor, rowLength: number): tf.Tensor1D {
  const x = tf.reshape(tensor, [-1]);
  const nan = tf.cast(tf.isNaN(x), 'int32');
  const positive = tf.cast(tf.equal(x, tf.scalar(Number.POSITIVE_INFINITY)), 'int32');
  const negative = tf.cast(tf.equal(x, tf.scalar(Number.NEGATIVE_INFINITY)), 'int32');
  const infinite = tf.add(positive, negative);
  const numbers = [tf.sum(nan), tf.sum(positive), tf.sum(negative), tf.argMax(nan), tf.argMax(infinite)];
  const parts = numbers.map((number) => tf.reshape(tf.cast(number, 'int32'), [1]) as tf.Tensor1D);
  if (rowLength > 0) {
    const kind = tf.maximum(tf.mul(nan, tf.scalar(2, 'int32')), infinite);
    parts.push(tf.cast(tf.max(tf.reshape(kind, [-1, rowLength]), 1), 'int32') as tf.Tensor1D);
  }
  return tf.concat(parts);
}

/** Composes, and reads all results of a batch at once. Has no magnitudes: level `full` counts as `health` does. */
function composedCounter(): HealthCounter {
  let pending: { vector: tf.Tensor1D; measurement: Measurement; size: number }[] = [];
  return {
    method: "composed from the backend's own isNaN and comparisons",
    measure(info, rowLength = 0) {
      const measurement: Measurement = {};
      const size = info.shape.reduce((product, length) => product * length, 1);
      if (size === 0) return countBits(new Float32Array(0));
      const vector = tf.tidy(() => {
        tf.engine().backend.incRef(info.dataId);
        const view = tf.engine().makeTensorFromTensorInfo(info);
        return composedCount(view, rowLength);
      });
      pending.push({ vector: tf.keep(vector), measurement, size });
      return measurement;
    },
    async flush() {
      if (pending.length === 0) return 0;
      const all = tf.tidy(() => tf.concat(pending.map(({ vector }) => vector)));
      const numbers = await all.data();
      all.dispose();
      let at = 0;
      for (const { vector, measurement, size } of pending) {
        const [nan, posInf, negInf, firstNaN, firstInf, ...rows] = numbers.subarray(at, at + vector.size);
        at += vector.size;
        measurement.health = {
          size,
          nan: nan!,
          posInf: posInf!,
          negInf: negInf!,
          ...(nan! > 0 && { firstNaN: firstNaN! }),
          ...(posInf! + negInf! > 0 && { firstInf: firstInf! }),
        };
        if (rows.length > 0) measurement.rows = rows.map((kind) => '.IN'[kind]).join('');
        vector.dispose();
      }
      pending = [];
      return at * 4;
    },
    dispose() {
      for (const { vector } of pending) vector.dispose();
    },
  };
}

/** Whether a synchronous read gives numbers, tried on a scalar. */
function canReadSync(memory: Readable): memory is Required<Readable> {
  const probe = tf.scalar(1);
  try {
    return memory.readSync?.(probe.dataId)?.[0] === 1;
  } catch {
    return false;
  } finally {
    probe.dispose();
  }
}

/** @param backend any tfjs backend instance, which must be the active one */
export function foreignCounter(backend: unknown, full: boolean): HealthCounter {
  const memory = backend as Readable;
  return canReadSync(memory) ? readCounter(memory, full) : composedCounter();
}
