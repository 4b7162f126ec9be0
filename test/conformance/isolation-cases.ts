/**
 * What one sample may change, as a table: each case poisons one slice of one input, and says which slices of the
 * output may differ for it. All others must keep their bits. Sizes leave a tail in every tile that WGSL kernels use.
 */
import { geluNew, layerNorm, linear } from '@nanscope/model';
import { crossEntropy, rowArgmax } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

export interface IsolationCase {
  readonly id: string;
  readonly shapes: readonly (readonly number[])[];
  /** Which input is poisoned, and which slice along which of its axes. */
  readonly poison: { readonly input: number; readonly axis: number; readonly at: number };
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** The axis of the output along which slices are told apart, and which of them may change. */
  readonly output: { readonly axis: number; readonly touched: (at: number) => boolean };
}

const only = (at: number) => (slice: number) => slice === at;

const matMulSizes = [
  [92, 92, 16],
  [33, 33, 33],
  [24, 24, 16],
  [64, 16, 64],
  [17, 15, 31],
  [1, 65, 63],
  [65, 3, 1],
  [3, 2, 127],
  [8, 16, 128],
  [129, 1, 66],
] as const;

function matMulCases(): IsolationCase[] {
  return matMulSizes.flatMap(([M, K, N]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB): IsolationCase[] => {
        const a = transposeA ? [3, K, M] : [3, M, K];
        const b = transposeB ? [3, N, K] : [3, K, N];
        const size = `${M}x${K}x${N}${transposeA ? ';a=T' : ''}${transposeB ? ';b=T' : ''}`;
        const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
        const common = { shapes: [a, b], run: product };
        const row = Math.min(1, M - 1);
        return [
          ...[0, 1].map((input) => ({
            ...common,
            id: `BatchMatMul:${size};input=${input}`,
            poison: { input, axis: 0, at: 1 },
            output: { axis: 0, touched: only(1) },
          })),
          {
            ...common,
            id: `BatchMatMul:${size};row`,
            poison: { input: 0, axis: transposeA ? 2 : 1, at: row },
            output: { axis: 1, touched: only(row) },
          },
          {
            ...common,
            id: `BatchMatMul:${size};column`,
            poison: { input: 1, axis: transposeB ? 1 : 2, at: N - 1 },
            output: { axis: 2, touched: only(N - 1) },
          },
        ];
      }),
    ),
  );
}

const broadcastCases: readonly IsolationCase[] = [
  {
    id: 'BatchMatMul:shared b',
    shapes: [
      [3, 33, 17],
      [1, 17, 5],
    ],
    poison: { input: 0, axis: 0, at: 1 },
    run: (a, b) => tf.matMul(a, b),
    output: { axis: 0, touched: only(1) },
  },
  {
    id: 'BatchMatMul:heads',
    shapes: [
      [2, 3, 13, 7],
      [2, 3, 13, 7],
    ],
    poison: { input: 1, axis: 1, at: 1 },
    run: (a, b) => tf.matMul(a, b, false, true),
    output: { axis: 1, touched: only(1) },
  },
  {
    id: '_FusedMatMul:bias',
    shapes: [[3, 33, 17], [1, 17, 37], [37]],
    poison: { input: 0, axis: 0, at: 1 },
    run: (a, b, bias) =>
      tf.fused.matMul({
        a: a as tf.Tensor3D,
        b: b.tile([3, 1, 1]) as tf.Tensor3D,
        bias: bias!,
        activation: 'relu',
      }),
    output: { axis: 0, touched: only(1) },
  },
  {
    id: '_FusedMatMul:a column of the bias',
    shapes: [[1, 9, 17], [1, 17, 35], [35]],
    poison: { input: 2, axis: 0, at: 34 },
    run: (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor3D, b: b as tf.Tensor3D, bias: bias! }),
    output: { axis: 2, touched: only(34) },
  },
];

const widths = [1, 2, 3, 15, 16, 17, 33, 64, 65, 127, 129, 257];

/** Kernels that work on rows of the last axis: rows are samples. */
const rowKernels: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  Softmax: (x) => tf.softmax(x),
  LogSoftmax: (x) => tf.logSoftmax(x),
  Sum: (x) => tf.sum(x, -1),
  Mean: (x) => tf.mean(x, -1),
  Max: (x) => tf.max(x, -1),
  Min: (x) => tf.min(x, -1),
  Prod: (x) => tf.prod(x, -1),
  ArgMax: (x) => tf.argMax(x, -1),
  Cumsum: (x) => tf.cumsum(x, 1),
  Reverse: (x) => tf.reverse(x, -1),
  LayerNorm: (x) => layerNorm(x as tf.Tensor2D, tf.ones([x.shape[1]!]), tf.zeros([x.shape[1]!]), 1e-5),
  GeluNew: (x) => geluNew(x),
  RowArgmax: (x) => rowArgmax(x as tf.Tensor2D),
  CrossEntropy: (x) => crossEntropy(x as tf.Tensor2D, tf.tensor1d([0, 0, 0, 0, 0], 'int32')),
  Linear: (x) => linear(x as tf.Tensor2D, tf.ones([x.shape[1]!, 7]), tf.zeros([7]) as tf.Tensor1D),
  Slice: (x) => x.slice([0, x.shape[1]! - 1], [-1, 1]),
  'Concat:last': (x) => tf.concat([x, tf.zerosLike(x)], 1),
  Pad: (x) =>
    x.pad([
      [0, 0],
      [1, 2],
    ] as [[number, number], [number, number]]),
  Tile: (x) => x.tile([1, 2]),
};

/** Kernels that work down the columns of a matrix: columns are samples. */
const columnKernels: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'Sum:axis=0': (x) => tf.sum(x, 0),
  'Mean:axis=0': (x) => tf.mean(x, 0),
  'Max:axis=0': (x) => tf.max(x, 0),
  'ArgMax:axis=0': (x) => tf.argMax(x, 0),
};

const rowsOf = (name: string, run: (x: tf.Tensor) => tf.Tensor, width: number): IsolationCase => ({
  id: `${name};width=${width}`,
  shapes: [[5, width]],
  poison: { input: 0, axis: 0, at: 2 },
  run,
  output: { axis: 0, touched: only(2) },
});

const reductions: IsolationCase[] = [
  ...Object.entries(rowKernels).flatMap(([name, run]) => widths.map((width) => rowsOf(name, run, width))),
  ...Object.entries(columnKernels).flatMap(([name, run]) =>
    widths.map(
      (width): IsolationCase => ({
        id: `${name};length=${width}`,
        shapes: [[width, 5]],
        poison: { input: 0, axis: 1, at: 2 },
        run,
        output: { axis: 0, touched: only(2) },
      }),
    ),
  ),
  {
    id: 'Sum:axis=1 of 3',
    shapes: [[3, 33, 5]],
    poison: { input: 0, axis: 0, at: 1 },
    run: (x) => tf.sum(x, 1),
    output: { axis: 0, touched: only(1) },
  },
];

const ids = [4, 0, 2, 2, 1, 4, 3];

/** Kernels that move elements: what was not asked for must not come along. */
const moves: readonly IsolationCase[] = [
  ...(
    [
      [0, 2, 1],
      [1, 0, 2],
      [2, 0, 1],
      [2, 1, 0],
    ] as const
  ).map(
    (perm): IsolationCase => ({
      id: `Transpose:${perm}`,
      shapes: [[3, 33, 17]],
      poison: { input: 0, axis: 0, at: 1 },
      run: (x) => tf.transpose(x, [...perm]),
      output: { axis: perm.indexOf(0 as never), touched: only(1) },
    }),
  ),
  {
    id: 'Transpose:1,0',
    shapes: [[33, 17]],
    poison: { input: 0, axis: 0, at: 32 },
    run: (x) => tf.transpose(x),
    output: { axis: 1, touched: only(32) },
  },
  {
    id: 'Transpose:heads',
    shapes: [[2, 13, 3, 5]],
    poison: { input: 0, axis: 1, at: 12 },
    run: (x) => tf.transpose(x, [0, 2, 1, 3]),
    output: { axis: 2, touched: only(12) },
  },
  ...[3, 17, 64].map(
    (width): IsolationCase => ({
      id: `GatherV2;width=${width}`,
      shapes: [[5, width]],
      poison: { input: 0, axis: 0, at: 2 },
      run: (x) => tf.gather(x, tf.tensor1d(ids, 'int32')),
      output: { axis: 0, touched: (at) => ids[at] === 2 },
    }),
  ),
  ...[3, 17, 64].map(
    (width): IsolationCase => ({
      id: `UnsortedSegmentSum;width=${width}`,
      shapes: [[ids.length, width]],
      poison: { input: 0, axis: 0, at: 1 },
      run: (x) => tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 6),
      output: { axis: 0, touched: only(ids[1]!) },
    }),
  ),
  {
    id: 'Concat:first',
    shapes: [
      [3, 17],
      [2, 17],
      [3, 17],
    ],
    poison: { input: 1, axis: 0, at: 1 },
    run: (...parts) => tf.concat(parts, 0),
    output: { axis: 0, touched: only(4) },
  },
  {
    id: 'Slice:before and behind',
    shapes: [[7, 33]],
    poison: { input: 0, axis: 0, at: 4 },
    run: (x) => tf.concat([x.slice([0, 0], [4, 33]), x.slice([5, 0], [2, 33])]),
    output: { axis: 0, touched: () => false },
  },
  {
    id: 'Select:the side not taken',
    shapes: [
      [5, 33],
      [5, 33],
    ],
    poison: { input: 1, axis: 0, at: 2 },
    run: (a, b) => tf.where(tf.tensor1d([1, 1, 1, 0, 0], 'bool').reshape([5, 1]).tile([1, 33]), a!, b!),
    output: { axis: 0, touched: () => false },
  },
  {
    id: 'Multiply:broadcast row',
    shapes: [[5, 33], [33]],
    poison: { input: 0, axis: 0, at: 2 },
    run: (a, b) => tf.mul(a!, b!),
    output: { axis: 0, touched: only(2) },
  },
];

export const isolationCases: readonly IsolationCase[] = [
  ...matMulCases(),
  ...broadcastCases,
  ...reductions,
  ...moves,
];
