/**
 * What every kernel must do with NaN and infinities, as a table. A class string has one letter per element:
 * N for NaN, + and - for the infinities, a dot for a finite number. `except` names the backends that differ;
 * each of them must own up to it with a known-divergence note on one of the row's kernels (or on `*`).
 */
import * as tf from '@tensorflow/tfjs';
import { integerRows } from './integer-rows.ts';

const N = Number.NaN;
const I = Number.POSITIVE_INFINITY;

/** Makes a 1-D tensor; in the second layout the length is padded to a multiple of 4, where WGSL uses vec4. */
export type Make = (values: number[]) => tf.Tensor1D;

export interface Row {
  readonly id: string;
  /** The kernels the row is about. */
  readonly kernels: readonly string[];
  readonly run: (make: Make) => tf.Tensor;
  readonly expected: string;
  /** Backend id -> its classes, or `throws`. */
  readonly except?: Readonly<Record<string, string>>;
  /** Exact finite values, where the class alone would not show the error. */
  readonly values?: readonly number[];
}

const points = [N, I, -I, 0, 1, -2, 3e38, 1e-8];

type Unary = (x: tf.Tensor) => tf.Tensor;

const unary = (kernel: string, op: Unary, expected: string, except?: Row['except']): Row => ({
  id: kernel,
  kernels: [kernel],
  run: (make) => op(make(points)).cast('float32'),
  expected,
  ...(except ? { except } : {}),
});

const unaryRows: Row[] = [
  unary('Abs', tf.abs, 'N++.....'),
  unary('Acosh', tf.acosh, 'N+NN.N.N', { webgpu: 'N+NN.N+N' }),
  unary('Asinh', tf.asinh, 'N+-.....', { webgpu: 'N+-...+.' }),
  unary('Atanh', tf.atanh, 'NNN.+NN.'),
  unary('Cos', tf.cos, 'NNN.....'),
  unary('Elu', tf.elu, 'N+......'),
  unary('Erf', tf.erf, 'N.......'),
  unary('Exp', tf.exp, 'N+....+.'),
  unary('Expm1', tf.expm1, 'N+....+.'),
  unary('Floor', tf.floor, 'N+-.....'),
  unary('IsNan', tf.isNaN, '........'),
  unary('LeakyRelu', (x) => tf.leakyRelu(x), 'N+-.....'),
  unary('Log', tf.log, 'N+N-.N..'),
  unary('Log1p', tf.log1p, 'N+N..N..'),
  unary('Neg', tf.neg, 'N-+.....'),
  unary('Prelu', (x) => tf.prelu(x, x.zerosLike().add(0.5)), 'N+-.....', { tensorflow: 'NN-.....' }),
  unary('Reciprocal', tf.reciprocal, 'N..+....'),
  unary('Relu', tf.relu, 'N+......'),
  unary('Relu6', tf.relu6, 'N.......'),
  unary('Rsqrt', tf.rsqrt, 'N.N+.N..'),
  unary('Selu', tf.selu, 'N+......'),
  unary('Sigmoid', tf.sigmoid, 'N.......'),
  unary('Sin', tf.sin, 'NNN.....'),
  unary('Softplus', tf.softplus, 'N+......'),
  unary('Sqrt', tf.sqrt, 'N+N..N..'),
  unary('Square', tf.square, 'N++...+.'),
  unary('Step', (x) => tf.step(x), 'N.......'),
  unary('Tanh', tf.tanh, 'N.......'),
  unary('ClipByValue', (x) => tf.clipByValue(x, -1, 1), 'N.......'),
  { ...unary('Sign', tf.sign, 'N.......'), values: [N, 1, -1, 0, 1, -1, 1, 1] },
  { ...unary('IsFinite', tf.isFinite, '........'), values: [0, 0, 0, 1, 1, 1, 1, 1] },
  { ...unary('IsInf', tf.isInf, '........'), values: [0, 1, 1, 0, 0, 0, 0, 0] },
  {
    ...unary('Cast', (x) => x.cast('bool'), '........'),
    id: 'Cast:to=bool',
    values: [1, 1, 1, 0, 1, 1, 1, 1],
  },
];

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

const binaryRows: Row[] = [
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
  binary('Equal', tf.equal, '........'),
  binary('Greater', tf.greater, '........'),
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

const reduceRows: Row[] = [
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
    except: { cpu: '.', webgpu: '.' },
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

const productRows: Row[] = [
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

const indexRows: Row[] = [
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

export const nanTable: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  ...reduceRows,
  ...productRows,
  ...indexRows,
  ...integerRows,
];
