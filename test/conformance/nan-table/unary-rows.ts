/** Kernels of one tensor, element by element. */
import * as tf from '@tensorflow/tfjs';
import { I, N, type Row } from './row.ts';

const points = [N, I, -I, 0, 1, -2, 3e38, 1e-8];

type Unary = (x: tf.Tensor) => tf.Tensor;

const unary = (kernel: string, op: Unary, expected: string, except?: Row['except']): Row => ({
  id: kernel,
  kernels: [kernel],
  run: (make) => op(make(points)).cast('float32'),
  expected,
  ...(except ? { except } : {}),
});

export const unaryRows: readonly Row[] = [
  unary('Abs', tf.abs, 'N++.....'),
  unary('Acosh', tf.acosh, 'N+NN.N.N', { webgpu: 'N+NN.N+N' }),
  unary('Asinh', tf.asinh, 'N+-.....', { webgpu: 'N+-...+.' }),
  unary('Atanh', tf.atanh, 'NNN.+NN.'),
  unary('Cos', tf.cos, 'NNN.....'),
  unary('Cosh', tf.cosh, 'N++...+.'),
  unary('Elu', tf.elu, 'N+......'),
  unary('Erf', tf.erf, 'N.......'),
  unary('Exp', tf.exp, 'N+....+.'),
  unary('Expm1', tf.expm1, 'N+....+.'),
  unary('Floor', tf.floor, 'N+-.....'),
  unary('Identity', (x) => x.clone(), 'N+-.....'),
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
  unary('Sinh', tf.sinh, 'N+-...+.'),
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
