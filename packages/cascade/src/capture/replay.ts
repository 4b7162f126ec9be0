/** Runs a captured kernel call again on the active backend, with the inputs it is given. */
import * as tf from '@tensorflow/tfjs';
import { readAttrs } from './attrs.ts';
import type { CapturedOp, CapturedTensor } from './captured.ts';

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
      inputs.map(({ name, shape, dtype, values }) => [name, tf.tensor(values, [...shape], dtype)]),
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
