/** Kernels that reduce an axis, or search along it. */
import * as tf from '@tensorflow/tfjs';
import { I, N, type Row } from './row.ts';

const rows = [
  [N, 1, 2],
  [1, N, 2],
  [1, 2, N],
  [-I, -I, -I],
  [I, 1, 2],
  [I, -I, 0],
  [1, 2, 3],
];
/** The same rows with the odd one at both ends of 300 columns, where a reduction runs in parallel. */
const wide = rows.map(([a, b, c]) => [a!, ...Array.from({ length: 298 }, () => b!), c!]);

type Reduce = (x: tf.Tensor2D, axis: number) => tf.Tensor;

const reduce = (kernel: string, op: Reduce, expected: string, except?: Row['except']): Row[] =>
  [rows, wide].map((data, i) => ({
    id: `${kernel}:columns=${i === 0 ? 3 : 300}`,
    kernels: [kernel],
    run: () => op(tf.tensor2d(data), 1).cast('float32'),
    expected,
    ...(except ? { except } : {}),
  }));

export const reduceRows: readonly Row[] = [
  ...reduce('Max', tf.max, 'NNN-++.'),
  ...reduce('Min', tf.min, 'NNN-.-.'),
  ...reduce('Sum', tf.sum, 'NNN-+N.'),
  ...reduce('Mean', tf.mean, 'NNN-+N.'),
  ...reduce('Prod', tf.prod, 'NNN-+N.').slice(0, 1),
  {
    id: 'Sum:cancelling',
    kernels: ['Sum'],
    run: () => tf.sum(tf.tensor1d([3e38, 3e38, -3e38])),
    expected: '+',
    except: { cpu: '.', wasm: '.', webgpu: '.' },
  },
  {
    id: 'ArgMax',
    kernels: ['ArgMax'],
    run: () => tf.argMax(tf.tensor2d(rows), 1).cast('float32'),
    expected: '.......',
    // PyTorch's answer for a row with NaN is the index of the NaN; no backend gives it everywhere.
    values: [0, 1, 2, 0, 0, 0, 2],
    except: { cpu: 'values', wasm: 'values', tensorflow: 'values', webgpu: 'values' },
  },
  {
    id: 'ArgMin',
    kernels: ['ArgMin'],
    run: () => tf.argMin(tf.tensor2d(rows), 1).cast('float32'),
    expected: '.......',
    values: [0, 1, 2, 0, 1, 1, 0],
    except: { cpu: 'values', wasm: 'values', tensorflow: 'values', webgpu: 'values' },
  },
  {
    id: 'TopK:values',
    kernels: ['TopK'],
    run: () => tf.topk(tf.tensor2d(rows), 2).values,
    expected: 'N.N.N.--+.+...',
    except: { tensorflow: 'N.N...--+.+...' },
  },
  {
    id: 'TopK:indices',
    kernels: ['TopK'],
    run: () => tf.topk(tf.tensor2d(rows), 2).indices.cast('float32'),
    expected: '..............',
    values: [0, 2, 1, 2, 2, 1, 0, 1, 0, 2, 0, 2, 2, 1],
    except: { tensorflow: 'values' },
  },
  {
    id: 'Softmax',
    kernels: ['Softmax'],
    run: () => tf.softmax(tf.tensor2d(rows)),
    expected: 'NNNNNNNNNNNNNNNNNN...',
  },
  {
    // What is left of a row of scores when a mask of finfo.min blocks every key: finite, and even.
    id: 'Softmax:finfo.min',
    kernels: ['Softmax'],
    run: () => tf.softmax(tf.fill([1, 4], -3.4028234663852886e38)),
    expected: '....',
    values: [0.25, 0.25, 0.25, 0.25],
  },
];
