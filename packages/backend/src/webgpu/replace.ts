/** Kernels of the webgpu backend that are replaced because they lose a NaN or invent a value. */
import type * as tf from '@tensorflow/tfjs';
import { backend_util } from '@tensorflow/tfjs';
import { type WebgpuCall, wrapWebgpuKernel } from '../corrections/wrap.ts';
import type { WebgpuBackend } from '../kernel-types.ts';
import { powIeee } from './pow.wgsl.ts';
import { flatProgram } from './program.ts';
import { softmax } from './softmax.wgsl.ts';
import { orderKey, selectIndex } from './top-k.wgsl.ts';

/** result = NaN where the input is NaN, else the expression of `x`. */
function keepNaN(kernel: string, expression: string) {
  return (x: tf.TensorInfo, backend: WebgpuBackend): tf.TensorInfo => {
    const body = `let x = X[index]; if (isNaNBits(x)) { result[index] = x; } else { result[index] = ${expression}; }`;
    return backend.runWebGPUProgram(flatProgram(x.shape, ['X'], kernel, body), [x], 'float32');
  };
}

const relu6 = keepNaN('relu6', 'clamp(x, 0.0, 6.0)');
const sign = keepNaN('sign', 'sign(x)');

const single = (result: tf.TensorInfo | tf.TensorInfo[]) => (Array.isArray(result) ? result[0]! : result);

/** A float kernel of one input `x`; other dtypes keep the backend's own. */
function replaceUnary(name: string, run: (x: tf.TensorInfo, backend: WebgpuBackend) => tf.TensorInfo): void {
  wrapWebgpuKernel(name, ({ inputs, backend, original }) =>
    inputs.x!.dtype === 'float32' ? run(inputs.x!, backend) : original(),
  );
}

export const replaceRelu6 = () => replaceUnary('Relu6', relu6);
export const replaceSign = () => replaceUnary('Sign', sign);

/** A fused kernel without its relu6, and then the relu6 that keeps NaN. */
export function replaceFusedRelu6(name: string): void {
  wrapWebgpuKernel(name, ({ attrs, backend, original }) => {
    if (attrs.activation !== 'relu6') return original();
    const linear = single(original({ ...attrs, activation: 'linear' }));
    const out = relu6(linear, backend);
    backend.disposeData(linear.dataId);
    return out;
  });
}

export function replacePow(): void {
  wrapWebgpuKernel('Pow', ({ inputs, backend, original }) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return original();
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const body = 'result[index] = powIeee(getAByOutputIndex(index), getBByOutputIndex(index));';
    const program = flatProgram(shape, ['A', 'B'], 'pow', body, { functions: powIeee });
    return backend.runWebGPUProgram(program, [a, b], 'float32');
  });
}

function topK({ inputs, attrs, backend, original }: WebgpuCall): tf.TensorInfo | tf.TensorInfo[] {
  const x = inputs.x!;
  const k = attrs.k as number;
  const width = x.shape.at(-1)!;
  if (x.dtype !== 'float32' || k === 0 || width === 1) return original();
  const shape = [...x.shape.slice(0, -1), k];
  const uniforms = [
    { type: 'int32', data: [k] },
    { type: 'int32', data: [width] },
  ];
  const select = flatProgram(shape, ['X'], 'topKIndices', selectIndex, {
    functions: orderKey,
    uniforms: 'k : i32, width : i32,',
  });
  const indices = backend.runWebGPUProgram(select, [x], 'int32', uniforms);
  const gather = flatProgram(
    shape,
    ['X', 'At'],
    'topKValues',
    'result[index] = X[(index / uniforms.k) * uniforms.width + At[index]];',
    { uniforms: 'k : i32, width : i32,' },
  );
  return [backend.runWebGPUProgram(gather, [x, indices], 'float32', uniforms), indices];
}

export const replaceTopK = () => wrapWebgpuKernel('TopK', topK);

export const replaceSoftmax = () => wrapWebgpuKernel('Softmax', softmax);
