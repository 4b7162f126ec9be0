/**
 * `BatchMatMul` and `_FusedMatMul` of the webgpu backend. TensorFlow.js's own multiply the elements behind a
 * matrix, which belong to the next one of the batch, by 0, so that one sample's NaN reaches another. Here an
 * output is NaN only by its own products, and the same input gives the same bits. Other dtypes than float32 know
 * no NaN and stay with the backend's own kernels.
 */
import * as tf from '@tensorflow/tfjs';
import { type WebgpuCall, wrapWebgpuKernel } from '../../corrections/correction.ts';
import type { WebgpuBackend } from '../../host-memory.ts';
import { batchSize, type Problem, planOf, problemOf, type Spread, spreadOf } from './plan.ts';
import { type Finish, programOf, uniformData } from './program.ts';
import { activationNamed } from './tile.wgsl.ts';

/** The same memory without its shape: pipelines are compiled per rank, and the sizes travel as uniforms. */
const flat = ({ dataId, dtype, shape }: tf.TensorInfo): tf.TensorInfo => ({
  dataId,
  dtype,
  shape: [tf.util.sizeFromShape(shape)],
});

/** A device refuses a buffer past its limit only when the commands run, long after the call. */
function assertBindable(tensors: readonly tf.TensorInfo[], outputSize: number, backend: WebgpuBackend): void {
  const limit = backend.device.limits.maxStorageBufferBindingSize;
  for (const size of [...tensors.map(({ shape }) => tf.util.sizeFromShape(shape)), outputSize]) {
    tf.util.assert(
      size * 4 <= limit,
      () => `matMul: a tensor of ${size * 4} bytes is larger than the ${limit} bytes this device can bind.`,
    );
  }
}

const swappedSpread = (spread: Spread | undefined): Spread | undefined =>
  spread && { ...spread, row: spread.column, column: spread.row };

function finishOf(problem: Problem, inputs: WebgpuCall['inputs'], attrs: WebgpuCall['attrs']): Finish {
  const { bias, preluActivationWeights: weight } = inputs;
  return {
    bias: bias && spreadOf('bias', bias.shape, problem),
    weight: weight && spreadOf('prelu weight', weight.shape, problem),
    activation: activationNamed(attrs.activation),
    alpha: (attrs.leakyreluAlpha as number | undefined) ?? 0,
  };
}

function matMul({ inputs, attrs, backend, original }: WebgpuCall): tf.TensorInfo | tf.TensorInfo[] {
  const { a, b, bias, preluActivationWeights: weight } = inputs as Record<string, tf.TensorInfo>;
  const all = [a!, b!, ...(bias ? [bias] : []), ...(weight ? [weight] : [])];
  if (all.some(({ dtype }) => dtype !== 'float32')) return original();
  const problem = problemOf(a!.shape, b!.shape, attrs.transposeA === true, attrs.transposeB === true);
  const finish = finishOf(problem, inputs, attrs);
  const outputSize = tf.util.sizeFromShape(problem.outputShape);
  if (problem.inner === 0 && outputSize > 0) return emptySum(problem, finish, all.slice(2), backend);
  assertBindable(all, outputSize, backend);
  return run(problem, finish, all, backend);
}

function run(
  problem: Problem,
  finish: Finish,
  inputs: readonly tf.TensorInfo[],
  backend: WebgpuBackend,
): tf.TensorInfo {
  const plan = planOf(problem);
  const isSwapped = plan.problem.a !== problem.a;
  const seen = isSwapped
    ? { ...finish, bias: swappedSpread(finish.bias), weight: swappedSpread(finish.weight) }
    : finish;
  const [a, b, ...rest] = inputs as [tf.TensorInfo, tf.TensorInfo, ...tf.TensorInfo[]];
  const ordered = isSwapped ? [b, a, ...rest] : [a, b, ...rest];
  const { dataId } = backend.runWebGPUProgram(
    programOf(plan, seen),
    ordered.map(flat),
    'float32',
    uniformData(plan, seen),
  );
  return { dataId, shape: problem.outputShape, dtype: 'float32' };
}

/** A sum of no products is 0, which is also the sum of the one product 0 * 0. There is no buffer of size 0 to bind. */
function emptySum(
  problem: Problem,
  finish: Finish,
  rest: readonly tf.TensorInfo[],
  backend: WebgpuBackend,
): tf.TensorInfo {
  const size = batchSize(problem) * Math.max(problem.rows, problem.columns);
  const zeros = backend.makeTensorInfo([size], 'float32', new Float32Array(size));
  const out = run({ ...problem, inner: 1 }, finish, [zeros, zeros, ...rest], backend);
  backend.disposeData(zeros.dataId);
  return out;
}

export const replaceMatMul = (kernel: 'BatchMatMul' | '_FusedMatMul') => () =>
  wrapWebgpuKernel(kernel, matMul);
