/** Kernels of two tensors, element by element, and choices between them. */
import * as tf from '@tensorflow/tfjs';
import { I, N, type Row } from './row.ts';

const lefts = [N, 0, N, 1, I, -I, 0, 2];
const rights = [0, N, N, N, -I, I, 0, I];

const binary = (
  kernel: string,
  op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  expected: string,
  except?: Row['except'],
): Row => ({
  id: kernel,
  kernels: [kernel],
  run: (make) => op(make(lefts), make(rights)).cast('float32'),
  expected,
  ...(except ? { except } : {}),
});

const truths = [
  ['Equal', tf.equal],
  ['NotEqual', tf.notEqual],
  ['Less', tf.less],
  ['LessEqual', tf.lessEqual],
  ['Greater', tf.greater],
  ['GreaterEqual', tf.greaterEqual],
] as const;

export const binaryRows: readonly Row[] = [
  binary('Add', tf.add, 'NNNNNN.+'),
  binary('Sub', tf.sub, 'NNNN+-.-'),
  binary('Multiply', tf.mul, 'NNNN--.+'),
  binary('RealDiv', tf.div, 'NNNNNNN.'),
  binary('Maximum', tf.maximum, 'NNNN++.+'),
  binary('Minimum', tf.minimum, 'NNNN--..'),
  binary('SquaredDifference', tf.squaredDifference, 'NNNN++.+'),
  {
    id: 'Mod',
    kernels: ['Mod'],
    // Floored, as in Python: the result has the sign of the divisor.
    run: (make) => tf.mod(make([N, 1, 2, -2, I]), make([1, 0, I, I, 2])),
    expected: 'NN.+N',
    except: { cpu: 'NN.NN', wasm: 'NN.NN', webgpu: 'NNNNN' },
  },
  binary('FloorDiv', tf.floorDiv, 'NNNNNNN.', { cpu: '........', webgpu: '........' }),
  ...truths.map(([kernel, op]) => binary(kernel, op, '........')),
  ...truths.map(
    ([kernel, op]): Row => ({
      id: `${kernel}:broadcast`,
      kernels: [kernel],
      run: () => op(tf.tensor2d([[0], [N]]), tf.tensor2d([[N, 1, -1]])).cast('float32'),
      expected: '......',
    }),
  ),
  ...(
    [
      ['LogicalAnd', tf.logicalAnd, [0, 0, 1, 0]],
      ['LogicalOr', tf.logicalOr, [1, 0, 1, 1]],
    ] as const
  ).map(
    ([kernel, op, values]): Row => ({
      id: `${kernel}:broadcast`,
      kernels: [kernel],
      run: () =>
        op(tf.tensor2d([[0], [1]], [2, 1], 'bool'), tf.tensor2d([[1, 0]], [1, 2], 'bool')).cast('float32'),
      expected: '....',
      values,
    }),
  ),
  {
    id: 'Pow',
    kernels: ['Pow'],
    run: (make) =>
      tf.pow(make([0, -0, 1, 1, -1, N, N, 2, -2, -2, I, 0]), make([-1, -1, N, I, I, 0, 1, N, 0.5, 3, -1, 2])),
    expected: '+-....NNN...',
  },
  {
    id: 'Maximum:broadcast',
    kernels: ['Maximum'],
    run: () => tf.maximum(tf.tensor2d([[0], [N]]), tf.tensor2d([[N, 1, -1]])),
    expected: 'N..NNN',
  },
  {
    id: 'Minimum:broadcast',
    kernels: ['Minimum'],
    run: () => tf.minimum(tf.tensor3d([0, N, 1, 2], [2, 1, 2]), tf.tensor2d([[1], [N]])),
    expected: '.NNN..NN',
  },
  {
    id: 'Select',
    kernels: ['Select'],
    run: (make) => tf.where(make([1, 0, 1, 0]).cast('bool'), make([N, N, 1, 1]), make([2, 2, N, I])),
    expected: 'N..+',
  },
];
