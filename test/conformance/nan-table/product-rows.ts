/** Products, convolutions and pooling. */
import * as tf from '@tensorflow/tfjs';
import { I, N, type Row } from './row.ts';

/** A [5,2] product with the identity plus a bias: 0 * NaN and 0 * Infinity are NaN. */
const product = (activation: string, size: number) => {
  const a = [N, 1, I, 1, -I, 1, 2, 3, -2, -3];
  const pad = (row: number[]) => [...row, ...Array.from({ length: size - 2 }, () => 0)];
  const left = Array.from({ length: 5 }, (_, i) => pad(a.slice(2 * i, 2 * i + 2)));
  const identity = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => +(i === j)));
  return tf.fused
    .matMul({
      a: tf.tensor2d(left),
      b: tf.tensor2d(identity),
      bias: tf.tensor1d(pad([0, -10])),
      activation: activation as 'linear',
    })
    .slice([0, 0], [5, 2]);
};

const convolution = (op: 'conv2d' | 'depthwiseConv2d', activation: string) =>
  tf.fused[op]({
    x: tf.tensor4d([N, I, -I, 2], [1, 2, 2, 1]),
    filter: tf.tensor4d([1], [1, 1, 1, 1]),
    strides: 1,
    pad: 'valid',
    bias: tf.tensor1d([0]),
    activation: activation as 'linear',
  });

const pooled = () => tf.tensor4d([N, 1, 2, 3, 1, 2, 3, 4, 1, I, -I, 2, 1, 1, 1, 1], [1, 4, 4, 1]);

export const productRows: readonly Row[] = [
  ...([2, 4, 40] as const).flatMap((size): Row[] =>
    (
      [
        ['linear', 'NN+N-N....'],
        ['relu', 'NN+N.N....'],
        ['relu6', 'NN.N.N....'],
      ] as const
    ).map(([activation, expected]) => ({
      id: `_FusedMatMul:activation=${activation};columns=${size}`,
      kernels: ['_FusedMatMul'],
      run: () => product(activation, size),
      expected,
    })),
  ),
  {
    id: 'BatchMatMul',
    kernels: ['BatchMatMul'],
    run: () =>
      tf.matMul(
        tf.tensor2d([
          [0, 0],
          [0, 1],
          [1, 0],
        ]),
        tf.tensor2d([
          [N, I],
          [1, 1],
        ]),
      ),
    expected: 'NNNNN+',
  },
  ...(['conv2d', 'depthwiseConv2d'] as const).flatMap((op): Row[] => {
    const kernel = op === 'conv2d' ? 'FusedConv2D' : 'FusedDepthwiseConv2D';
    return [
      {
        id: `${kernel}:activation=relu`,
        kernels: [kernel],
        run: () => convolution(op, 'relu'),
        expected: 'N+..',
        except: { wasm: '.+..' },
      },
      {
        id: `${kernel}:activation=relu6`,
        kernels: [kernel],
        run: () => convolution(op, 'relu6'),
        expected: 'N...',
        except: { wasm: '....' },
      },
    ];
  }),
  {
    id: 'Conv2D',
    kernels: ['Conv2D'],
    run: () =>
      tf.conv2d(tf.tensor4d([N, I, -I, 2], [1, 2, 2, 1]), tf.tensor4d([1], [1, 1, 1, 1]), 1, 'valid'),
    expected: 'N+-.',
    except: { wasm: '-+-.' },
  },
  {
    id: 'DepthwiseConv2dNative',
    kernels: ['DepthwiseConv2dNative'],
    run: () =>
      tf.depthwiseConv2d(
        tf.tensor4d([N, I, -I, 2], [1, 2, 2, 1]),
        tf.tensor4d([1], [1, 1, 1, 1]),
        1,
        'valid',
      ),
    expected: 'N+-.',
    except: { wasm: '-+-.' },
  },
  {
    id: 'AvgPool',
    kernels: ['AvgPool'],
    run: () => tf.avgPool(pooled(), 2, 2, 'valid'),
    expected: 'N.+-',
    except: { wasm: '-.+-' },
  },
  {
    id: 'MaxPool',
    kernels: ['MaxPool'],
    run: () => tf.maxPool(pooled(), 2, 2, 'valid'),
    expected: 'N.+.',
    except: { cpu: '..+.', tensorflow: '..+.', webgpu: '..+.', wasm: '-.+.' },
  },
];
