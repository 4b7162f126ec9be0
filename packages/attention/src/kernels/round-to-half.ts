/**
 * `RoundToHalf(x)`: every element rounded to float16 and kept as float32, so that any backend can show what
 * half precision does to attention. Rounded on the bits: a shading language may reassociate float tricks away.
 * The gradient passes straight through, as a cast's does.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { roundBitsToHalf } from './half.ts';
import { elementwise } from './webgpu-program.ts';

const NAME = 'RoundToHalf';

function roundWords(from: Float32Array, to: Float32Array): void {
  const source = new Uint32Array(from.buffer, from.byteOffset, from.length);
  const target = new Uint32Array(to.buffer, to.byteOffset, to.length);
  for (let i = 0; i < source.length; i++) target[i] = roundBitsToHalf(source[i]!);
}

const wgsl = `
  fn main(index : i32) {
    if (index < uniforms.size) {
      let bits = bitcast<u32>(X[index]);
      let sign = bits & 0x80000000u;
      let magnitude = bits & 0x7fffffffu;
      var rounded = bits;
      if (magnitude < 0x7f800000u) {
        if (magnitude >= 0x477ff000u) {
          rounded = sign | 0x7f800000u;
        } else if (magnitude >= 0x38800000u) {
          rounded = sign | ((magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u);
        } else {
          let shift = 126u - (magnitude >> 23u);
          rounded = sign;
          if (shift <= 24u) {
            let mantissa = (magnitude & 0x7fffffu) | 0x800000u;
            let units = (mantissa + (1u << (shift - 1u)) - 1u + ((mantissa >> shift) & 1u)) >> shift;
            if (units > 0u) {
              let top = firstLeadingBit(units);
              rounded = sign | ((top + 103u) << 23u) | ((units << (23u - top)) & 0x7fffffu);
            }
          }
        }
      }
      result[index] = bitcast<f32>(rounded);
    }
  }`;

defineKernel(NAME, {
  host: ({ x }, _attrs, allocate) => {
    const output = allocate(x!.shape, 'float32');
    roundWords(x!.values as Float32Array, output.values as Float32Array);
    return output;
  },
  webgpu: ({ x }, _attrs, backend) =>
    backend.runWebGPUProgram(
      { ...elementwise(x!.shape), variableNames: ['X'], shaderKey: 'roundToHalf', getUserCode: () => wgsl },
      [x!],
      'float32',
    ),
  // The native Cast op makes a half tensor, a dtype that tfjs can not hold: rounded on the host instead.
  tensorflow: ({ x }, _attrs, backend) => {
    const rounded = new Float32Array(tf.util.sizeFromShape(x!.shape));
    roundWords(Float32Array.from(backend.readSync(x!.dataId)), rounded);
    return tf.tensor(rounded, x!.shape, 'float32');
  },
});

tf.registerGradient({ kernelName: NAME, gradFunc: (dy) => ({ x: () => dy as tf.Tensor }) });

/** Whether the active backend can round to float16: what computeDtype f16 needs. */
export const hasHalf = (): boolean => hasKernel(NAME);

/** @throws UserError `attention/no-half` on a backend that does not have the kernel. */
export function roundToHalf<T extends tf.Tensor>(x: T): T {
  if (!hasHalf()) {
    throw new UserError(
      'attention/no-half',
      `The backend ${tf.getBackend()} has no kernel ${NAME}, which computeDtype f16 needs: use computeDtype f32, or register the kernel.`,
    );
  }
  return tf.engine().runKernel(NAME, { x }) as T;
}
