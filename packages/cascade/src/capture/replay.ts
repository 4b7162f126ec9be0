/** Runs a captured kernel call again on the active backend, with the inputs it is given. */
import * as tf from '@tensorflow/tfjs';
import type { NameOf } from '../taps/recorder.ts';
import { type Call, callNames } from '../taps/scope.ts';
import { openTaps } from '../taps/taps.ts';
import type { Phase } from '../types.ts';
import { type CapturedOp, type CapturedTensor, readAttrs, type Source } from './attrs.ts';

/** @throws Error when the active backend has no such kernel, and whatever the kernel throws */
export async function replayOp({
  kernel,
  attrs,
  inputs,
}: Pick<CapturedOp, 'kernel' | 'attrs' | 'inputs'>): Promise<CapturedTensor[]> {
  if (!tf.getKernel(kernel, tf.getBackend())) {
    throw new Error(`the backend ${tf.getBackend()} has no kernel ${kernel}`);
  }
  const outputs = tf.tidy(() => {
    const given = Object.fromEntries(
      inputs.map(({ name, shape, dtype, values }) => [
        name,
        tf.tensor(values, [...shape], dtype as tf.DataType),
      ]),
    );
    return ([] as tf.Tensor[]).concat(tf.engine().runKernel(kernel, given, readAttrs(attrs)) as tf.Tensor[]);
  });
  try {
    return await Promise.all(
      outputs.map(async (output) => ({
        shape: [...output.shape],
        dtype: output.dtype as CapturedTensor['dtype'],
        values: ((await output.data()) as CapturedTensor['values']).slice(),
      })),
    );
  } finally {
    tf.dispose(outputs);
  }
}

// Watches kernel calls by key, without any counting of health: what a capture and a digest are made of. Nothing is
// read here and nothing is held; the observer gets the backend's own tensors while the kernel is still running.

export interface SeenCall extends Call {
  readonly kernel: string;
  readonly attrs: tf.NamedAttrMap | undefined;
  readonly inputs: readonly {
    readonly name: string;
    readonly tensor: tf.TensorInfo;
    readonly from: Source;
  }[];
  readonly outputs: readonly tf.TensorInfo[];
}

export interface Observation {
  /** Runs `fn` as one phase under the taps. */
  run<T>(phase: Phase, fn: () => T): T;
  close(): void;
}

/** A second handle on a tensor of the backend, which stays until it is disposed. */
export function hold(info: tf.TensorInfo): tf.Tensor {
  tf.engine().backend.incRef(info.dataId);
  return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
}

/**
 * One batch: open it, run the phases, close it.
 *
 * @param tfjsName name of the session's backend in the tfjs registry
 */
export function observe(tfjsName: string, nameOf: NameOf, onCall: (call: SeenCall) => void): Observation {
  const names = callNames();
  const producers = new Map<tf.DataId, string>();
  let current: Phase = 'forward';
  const taps = openTaps(tfjsName, (kernel, inputMap, outputs, attrs) => {
    const call = names.next(current, kernel);
    const inputs = Object.entries(inputMap).flatMap(([name, tensor]) => {
      if (!tensor) return [];
      const record = producers.get(tensor.dataId);
      const from: Source =
        record === undefined ? { external: nameOf(tensor.dataId) ?? 'an external tensor' } : { record };
      return [{ name, tensor, from }];
    });
    outputs.forEach(({ dataId }, output) => {
      producers.set(dataId, `${call.key}:${output}`);
    });
    onCall({ ...call, kernel, attrs, inputs, outputs });
  });
  return {
    run(phase, fn) {
      const outer = current;
      current = phase;
      return taps.run(fn, () => {
        current = outer;
      });
    },
    close: taps.close,
  };
}
