/** One dispatch of a fused shader on a WebGPU device, by tfjs's program interface: bindings, uniforms, directives, one output. */
import type { WebgpuBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { groupDispatch, type Width } from './load.wgsl.ts';
import { invocations } from './problem.ts';
import { sliceCode } from './rows.wgsl.ts';

export interface Binding {
  readonly name: string;
  readonly tensor: tf.TensorInfo;
  readonly width: Width;
}

export interface Pass {
  /** Every choice that changes the code. */
  readonly key: string;
  readonly bindings: readonly Binding[];
  readonly outputShape: number[];
  readonly dtype: 'float32' | 'int32';
  readonly outputWidth?: Width;
  readonly groups: number;
  readonly uniforms: string;
  readonly uniformData: { type: string; data: number[] }[];
  readonly directives?: string;
  readonly code: () => string;
}

const flat = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({
  dataId,
  shape: [tf.util.sizeFromShape(shape)],
  dtype,
});

export function runPass(backend: WebgpuBackend, pass: Pass): tf.TensorInfo {
  const size = tf.util.sizeFromShape(pass.outputShape);
  const program = {
    variableNames: pass.bindings.map(({ name }) => name),
    variableComponents: pass.bindings.map(({ width }) => width),
    outputComponent: pass.outputWidth ?? 1,
    // The rank differs from that of the flat inputs: tfjs would compile again where they happen to broadcast to each other.
    outputShape: [size, 1],
    workgroupSize: [invocations, 1, 1] as [number, number, number],
    dispatchLayout: { x: [0, 1] },
    dispatch: groupDispatch(pass.groups),
    shaderKey: `nanscope_fused_${pass.key}`,
    size: true,
    uniforms: pass.uniforms,
    getUserCode: pass.code,
  };
  const { dataId } = withDirectives(backend.device, pass.directives ?? '', () =>
    backend.runWebGPUProgram(
      program,
      pass.bindings.map(({ tensor }) => flat(tensor)),
      pass.dtype,
      pass.uniformData,
    ),
  );
  return { dataId, shape: pass.outputShape, dtype: pass.dtype };
}

/** WGSL wants its directives before all declarations, and tfjs writes its own declarations first. */
function withDirectives<T>(device: GPUDevice, directives: string, body: () => T): T {
  if (directives === '') return body();
  const { createShaderModule } = device;
  device.createShaderModule = (descriptor) =>
    createShaderModule.call(device, { ...descriptor, code: directives + descriptor.code });
  try {
    return body();
  } finally {
    Reflect.deleteProperty(device, 'createShaderModule');
  }
}

export const one = (name: string, tensor: tf.TensorInfo): Binding => ({ name, tensor, width: 1 });

/** Takes `outputShape` numbers of a packed output, from `start`. */
export function slice(
  backend: WebgpuBackend,
  packed: tf.TensorInfo,
  start: number,
  outputShape: number[],
): tf.TensorInfo {
  return runPass(backend, {
    key: 'slice',
    bindings: [one('Packed', packed)],
    outputShape,
    dtype: 'float32',
    groups: Math.ceil(tf.util.sizeFromShape(outputShape) / invocations),
    uniforms: 'start : i32,',
    uniformData: [{ type: 'int32', data: [start] }],
    code: () => sliceCode,
  });
}
