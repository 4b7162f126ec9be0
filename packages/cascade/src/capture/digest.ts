/**
 * A few elements of every float output of a batch, at positions that depend on the size alone: enough to see where two
 * devices begin to differ, at one small read a batch. What falls between the positions is not seen.
 */
import * as tf from '@tensorflow/tfjs';
import type { NameOf } from '../taps/recorder.ts';
import type { TraceableSession } from '../taps/trace.ts';
import type { Phase } from '../types.ts';
import { hold, observe } from './replay.ts';

/** Elements kept of one output. */
export const SAMPLED = 64;

export interface Digest {
  /** Key of the record, with its output. */
  readonly key: string;
  readonly size: number;
  readonly samples: Float32Array | Float64Array;
}

export interface OpenDigest {
  run<T>(phase: Phase, fn: () => T): T;
  collect(): Promise<Digest[]>;
  close(): void;
}

/** Evenly spread, first and last element included; all of them where there are few. */
export function sampledPositions(size: number): Int32Array {
  if (size <= SAMPLED) return Int32Array.from({ length: size }, (_, i) => i);
  return Int32Array.from({ length: SAMPLED }, (_, i) => Math.floor((i * (size - 1)) / (SAMPLED - 1)));
}

export function openDigest(
  session: Pick<TraceableSession, 'tfjsName'>,
  nameOf: NameOf = () => undefined,
): OpenDigest {
  const taken: { key: string; size: number; samples: tf.Tensor1D }[] = [];
  const observation = observe(session.tfjsName, nameOf, ({ key, outputs }) => {
    outputs.forEach((info, output) => {
      const size = info.shape.reduce((product, length) => product * length, 1);
      if (info.dtype !== 'float32' || size === 0) return;
      const whole = hold(info);
      const samples = tf.tidy(() =>
        tf.gather(tf.reshape(whole, [-1]) as tf.Tensor1D, tf.tensor1d(sampledPositions(size), 'int32')),
      );
      whole.dispose();
      taken.push({ key: `${key}:${output}`, size, samples: tf.keep(samples) });
    });
  });
  return {
    run: observation.run,
    async collect() {
      if (taken.length === 0) return [];
      const all = tf.tidy(() => tf.concat(taken.map(({ samples }) => samples)));
      const values = (await all.data()) as Float32Array;
      all.dispose();
      let at = 0;
      return taken.map(({ key, size, samples }) => {
        at += samples.size;
        return { key, size, samples: values.slice(at - samples.size, at) };
      });
    },
    close() {
      observation.close();
      for (const { samples } of taken) samples.dispose();
      taken.length = 0;
    },
  };
}
