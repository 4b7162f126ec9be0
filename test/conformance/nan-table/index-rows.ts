/** Kernels that read or write by index, and what is left. */
import * as tf from '@tensorflow/tfjs';
import { I, N, type Row } from './row.ts';

export const indexRows: readonly Row[] = [
  {
    id: 'UnsortedSegmentSum',
    kernels: ['UnsortedSegmentSum'],
    run: () =>
      tf.unsortedSegmentSum(
        tf.tensor2d([
          [1, N],
          [2, 2],
          [3, 3],
          [5, 5],
        ]),
        tf.tensor1d([0, 2, -1, 2], 'int32'),
        3,
      ),
    expected: '.N....',
    values: [1, N, 0, 0, 7, 7],
  },
  {
    id: 'UnsortedSegmentSum:id past the end',
    kernels: ['UnsortedSegmentSum'],
    run: () => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), tf.tensor1d([0, 3, 1], 'int32'), 3),
    expected: '...',
    values: [1, 4, 0],
    except: { tensorflow: 'throws', webgpu: 'values' },
  },
  {
    id: 'GatherV2:batchDims=2',
    kernels: ['GatherV2'],
    run: () =>
      tf.gather(
        tf.range(0, 8).reshape([1, 4, 2]),
        tf.tensor3d([1, 0, 0, 1, 1, 1, 0, 0], [1, 4, 2], 'int32'),
        2,
        2,
      ),
    expected: '........',
    values: [1, 0, 2, 3, 5, 5, 6, 6],
  },
  {
    id: 'GatherV2:batchDims=1',
    kernels: ['GatherV2'],
    run: () =>
      tf.gather(tf.range(0, 12).reshape([3, 4, 1]), tf.tensor2d([3, 2, 1, 0, 3, 2], [3, 2], 'int32'), 1, 1),
    expected: '......',
    values: [3, 2, 5, 4, 11, 10],
  },
  {
    id: 'GatherV2:a table',
    kernels: ['GatherV2'],
    run: () => tf.gather(tf.tensor1d([N, -I, 3]), tf.tensor2d([[2, 0, 1]], [1, 3], 'int32')),
    expected: '.N-',
  },
  {
    id: 'Tile',
    kernels: ['Tile'],
    run: () =>
      tf.tile(
        tf.tensor2d([
          [N, 1],
          [I, -I],
        ]),
        [1, 2],
      ),
    expected: 'N.N.+-+-',
  },
  {
    id: 'Slice',
    kernels: ['Slice'],
    run: () =>
      tf.slice(
        tf.tensor2d([
          [N, 1, -I],
          [I, 2, N],
        ]),
        [0, 1],
        [2, 2],
      ),
    expected: '.-.N',
  },
  {
    id: 'Unpack',
    kernels: ['Unpack'],
    run: () =>
      tf.unstack(
        tf.tensor2d([
          [N, 1, -I],
          [I, 2, N],
        ]),
        1,
      )[2]!,
    expected: '-N',
  },
  {
    id: 'GatherV2:out of range',
    kernels: ['GatherV2'],
    run: () => tf.gather(tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 5], 'int32')),
    expected: 'throws',
    except: { webgpu: '..' },
  },
  {
    id: 'Cast:to=int32',
    kernels: ['Cast'],
    run: () => tf.tensor1d([N, 1.5]).cast('int32').cast('float32'),
    expected: '..',
    // No integer stands for NaN, and every backend takes another one.
    values: [N, 1],
    except: { cpu: 'values', wasm: 'values', tensorflow: 'values', webgpu: 'values' },
  },
  {
    id: 'Einsum',
    kernels: ['Einsum'],
    run: () => tf.einsum('ij,jk->ik', tf.tensor2d([[0, 1]]), tf.tensor2d([[N], [1]])),
    expected: 'N',
    except: { wasm: 'throws' },
  },
  {
    id: 'subnormal',
    kernels: ['*'],
    run: () => tf.rsqrt(tf.tensor1d([1e-40])),
    expected: '.',
    except: { tensorflow: '+', webgpu: '+' },
  },
];
