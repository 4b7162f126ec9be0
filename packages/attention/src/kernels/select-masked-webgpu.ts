/** `SelectMasked` in WGSL. The fill reaches the shader as data: a constant -inf would not compile. */
import type { WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { elementwise } from './webgpu-program.ts';

export function selectMaskedWebgpu(
  { x, keep, fill }: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const program = {
    ...elementwise(x!.shape),
    variableNames: ['X', 'Keep', 'Fill'],
    shaderKey: 'selectMasked',
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          if (getKeepByOutputIndex(index) > 0.0) {
            result[index] = X[index];
          } else {
            result[index] = getFillByOutputIndex(index);
          }
        }
      }`,
  };
  return backend.runWebGPUProgram(program, [x!, keep!, fill!], 'float32');
}
