/** Kernels of the webgpu backend that are replaced because they lose a NaN or invent a value. */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';
import { type WebgpuCall, wrapWebgpuKernel } from '../corrections/correction.ts';
import type { WebgpuBackend } from '../host-memory.ts';
import { isNaNBits, orderKey, powIeee, selectIndex, softmax } from './corrected.wgsl.ts';

// The shape of our own WGSL programs: one invocation per output element, laid out flat.

/**
 * @param shaderKey Every option that changes the code must be in it: compiled pipelines are cached by it.
 * @param body Statements that see `index` and write `result[index]`.
 */
export function flatProgram(
  outputShape: number[],
  variableNames: string[],
  shaderKey: string,
  body: string,
  { functions = '', uniforms }: { functions?: string; uniforms?: string } = {},
): WebGPUProgram {
  const workgroupSize: [number, number, number] = [64, 1, 1];
  return {
    variableNames,
    outputShape,
    workgroupSize,
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.max(1, Math.ceil(tf.util.sizeFromShape(outputShape) / workgroupSize[0])), 1, 1],
    shaderKey: `nanscope_${shaderKey}`,
    size: true,
    ...(uniforms ? { uniforms } : {}),
    getUserCode: () => `
      ${isNaNBits}
      ${functions}
      fn main(index : i32) {
        if (index < uniforms.size) {
          ${body}
        }
      }`,
  };
}

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

/**
 * The backend's own kernel, and where its input is a NaN that NaN: a second pass, for a driver that loses it.
 *
 * @param name a float kernel of one input `x`, which gives NaN for NaN
 * @param exact further inputs whose result the driver loses, in WGSL: a condition on the bits of `|x|`, and the result
 */
export const keepNaNBehind = (name: string, exact?: { readonly where: string; readonly result: string }) =>
  wrapWebgpuKernel(name, ({ inputs, backend, original }) => {
    const x = inputs.x!;
    const computed = single(original());
    if (computed.dtype !== 'float32' || x.dtype !== 'float32') return computed;
    const further = exact ? `if (${exact.where}) { y = ${exact.result}; }` : '';
    const body = `let x = X[index]; let size = bitcast<u32>(x) & 0x7fffffffu;
      var y = select(Y[index], x, isNaNBits(x)); ${further} result[index] = y;`;
    const program = flatProgram(x.shape, ['X', 'Y'], `keepNaN${exact ? name : ''}`, body);
    const out = backend.runWebGPUProgram(program, [x, computed], 'float32');
    backend.disposeData(computed.dataId);
    return out;
  });

/** A fused kernel without its elu or sigmoid, and then that as a kernel of its own, which keeps NaN (`keepNaNBehind`). */
export const splitExponentials = (name: string) =>
  wrapWebgpuKernel(
    name,
    ({ attrs, backend, original }) => {
      const apart = { elu: 'Elu', sigmoid: 'Sigmoid' }[String(attrs.activation)];
      if (apart === undefined) return original();
      const x = single(original({ ...attrs, activation: 'linear' }));
      const out = tf.getKernel(apart, 'webgpu')!.kernelFunc({ inputs: { x }, attrs: {}, backend });
      backend.disposeData(x.dataId);
      return out;
    },
    'exponentials apart',
  );

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
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
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
