/** The tensors of mask steps as a flat list and back: what a gradient saves for its backward pass. */
import type * as tf from '@tensorflow/tfjs';
import type { MaskStep } from './mask-types.ts';

export function stepTensors(steps: readonly MaskStep[]): tf.Tensor[] {
  return steps.flatMap((step) => (step.how === 'add' ? [step.bias] : [step.keep, step.fill]));
}

/** The same steps over other tensors, in the order of `stepTensors`. */
export function withTensors(steps: readonly MaskStep[], tensors: readonly tf.Tensor[]): MaskStep[] {
  let next = 0;
  return steps.map((step) =>
    step.how === 'add'
      ? { how: 'add', bias: tensors[next++] as tf.Tensor4D }
      : { how: 'select', keep: tensors[next++] as tf.Tensor4D, fill: tensors[next++]! },
  );
}
