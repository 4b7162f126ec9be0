/**
 * Integers through the kernels of the table, along other axes than the last: they know no NaN, but a kernel that
 * rejects them, or takes their bits for floats, invents one.
 */
import * as tf from '@tensorflow/tfjs';
import type { Row } from './row.ts';

/** [2,3,2] */
const counted = () => tf.tensor3d([1, -2, 3, 4, -5, 6, 7, 8, 9, -10, 11, 12], [2, 3, 2], 'int32');
const flags = () => tf.tensor3d([1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1], [2, 3, 2], 'bool');

const row = (kernel: string, run: () => tf.Tensor, values: readonly number[]): Row => ({
  id: `${kernel}:integers`,
  kernels: [kernel],
  run,
  expected: '.'.repeat(values.length),
  values,
});

export const integerRows: readonly Row[] = [
  row('All', () => tf.all(flags(), 1), [0, 0, 0, 0]),
  row('Any', () => tf.any(flags(), 1), [1, 0, 0, 1]),
  row('ArgMax', () => tf.argMax(counted(), 1), [1, 2, 2, 2]),
  row('ArgMin', () => tf.argMin(counted(), 1), [2, 0, 0, 1]),
  row('Cumsum', () => tf.cumsum(counted(), 1), [1, -2, 4, 2, -1, 8, 7, 8, 16, -2, 27, 10]),
  row('Max', () => tf.max(counted(), 0), [7, 8, 9, 4, 11, 12]),
  row('Mean', () => tf.mean(counted(), 0), [4, 3, 6, -3, 3, 9]),
  row('Min', () => tf.min(counted(), 0), [1, -2, 3, -10, -5, 6]),
  row('Prod', () => tf.prod(counted(), 1), [-15, -48, 693, -960]),
  row('Sum', () => tf.sum(counted(), 1), [-1, 8, 27, 10]),
  row('Transpose', () => tf.transpose(counted(), [2, 0, 1]), [1, 3, -5, 7, 9, 11, -2, 4, 6, 8, -10, 12]),
  row('Transpose', () => tf.transpose(flags(), [1, 0, 2]), [1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1]),
  row(
    'UnsortedSegmentSum',
    () => tf.unsortedSegmentSum(counted(), tf.tensor1d([1, 1], 'int32'), 2),
    [0, 0, 0, 0, 0, 0, 8, 6, 12, -6, 6, 18],
  ),
  // 2^24 + 1 is no float32.
  row(
    'Transpose',
    () => tf.transpose(tf.tensor2d([16777217, 1, 2, 3], [2, 2], 'int32')),
    [16777217, 2, 1, 3],
  ),
  row(
    'Cast',
    () => tf.matMul(counted().reshape([6, 2]).cast('float32'), tf.tensor2d([1, 1], [2, 1])),
    [-1, 7, 1, 15, -1, 23],
  ),
  row('Cast', () => tf.relu6(counted().cast('float32')), [1, 0, 3, 4, 0, 6, 6, 6, 6, 0, 6, 6]),
];
