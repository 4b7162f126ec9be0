/**
 * Dropout as one kernel: y = x m, where m is 0 with probability `rate` and 1 / (1 - rate) otherwise. Which elements
 * are dropped is a function of (seed, site, step, element index) by Philox, so that every backend drops the same
 * ones, bit for bit, and the gradient needs no saved mask. As in PyTorch, 0 times NaN stays NaN.
 */
import { defineKernel, hasKernel, type RandomStream } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { dropoutWebgpu } from './dropout.wgsl.ts';
import { type Columns, type DropoutAttrs, dropoutFactors } from './dropout-plan.ts';

const composed = (x: tf.Tensor, attrs: DropoutAttrs): tf.Tensor =>
  tf.tidy(() => tf.mul(x, tf.tensor(dropoutFactors(x.shape, attrs), x.shape)));

defineKernel<DropoutAttrs>('Dropout', {
  host: (inputs, attrs, allocate) => {
    const output = allocate(inputs.x!.shape, 'float32');
    const factors = dropoutFactors(inputs.x!.shape, attrs);
    const x = inputs.x!.values;
    const y = output.values;
    for (let i = 0; i < x.length; i++) y[i] = x[i]! * factors[i]!;
    return output;
  },
  webgpu: dropoutWebgpu,
  tensorflow: (inputs, attrs) => composed(inputs.x as tf.Tensor, attrs),
});

tf.registerGradient({
  kernelName: 'Dropout',
  gradFunc: (dy, _saved, attrs) => ({
    x: () => run(dy as tf.Tensor, attrs as unknown as DropoutAttrs),
  }),
});

function run<T extends tf.Tensor>(x: T, attrs: DropoutAttrs): T {
  if (!hasKernel('Dropout')) return composed(x, attrs) as T;
  return tf.engine().runKernel('Dropout', { x }, attrs as unknown as tf.NamedAttrMap) as T;
}

/**
 * @param x float32, any shape.
 * @param rate Probability of a 0, from 0 to 1; at 0 the result is x itself.
 * @param stream Whose numbers decide; one element takes one word.
 * @param columns For a part of a wider tensor: the numbers are those of its place there. Default: x is whole.
 * @throws UserError `gpt2/dropout-rate`
 */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  stream: RandomStream,
  columns: Columns = { start: 0, total: x.shape.at(-1) ?? 1 },
): T {
  if (!(rate >= 0 && rate <= 1))
    throw new UserError('gpt2/dropout-rate', `Dropout rate: expected a number from 0 to 1, found ${rate}.`);
  return rate === 0 ? x : run(x, { stream, rate, columns });
}
