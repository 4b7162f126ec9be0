/**
 * `RoundToHalf(x)` and `RoundToBfloat16(x)`: every element rounded and kept as float32, so that any backend can show what
 * a 16-bit float does. Rounded on the bits: a shading language may reassociate float tricks away. The gradient passes
 * straight through; `castTo` rounds it as well, as that of a tensor of the dtype is.
 */

import { defineGradient, defineKernel, elementwise, hasKernel } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { ComputeDtype } from '../policy.ts';

// Rounding to float16 (IEEE 754 binary16) and bfloat16 on the bits of a float32: to nearest, ties to even, overflow to infinity.

/** The bits of the float32 that equals `bits` rounded to half. NaN and infinities are returned as they are. */
function roundBitsToHalf(bits: number): number {
  const sign = bits & 0x80000000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return bits >>> 0;
  // 65520 is halfway between the largest half and the next power of two, and rounds up.
  if (magnitude >= 0x477ff000) return (sign | 0x7f800000) >>> 0;
  if (magnitude >= 0x38800000) {
    const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) & ~0x1fff;
    return (sign | rounded) >>> 0;
  }
  // Below 2^-14 halves are multiples of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign >>> 0;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const units = (mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift;
  if (units === 0) return sign >>> 0;
  const top = 31 - Math.clz32(units);
  return (sign | ((top + 103) << 23) | ((units << (23 - top)) & 0x7fffff)) >>> 0;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** One number rounded to half. A float64 that is not a float32 is rounded to float32 first. */
export function roundToHalfNumber(x: number): number {
  float[0] = x;
  word[0] = roundBitsToHalf(word[0]!);
  return float[0];
}

/** The bits of the float32 that equals `bits` rounded to bfloat16, its upper half. NaN and infinities are returned as they are. */
function roundBitsToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) >= 0x7f800000) return bits >>> 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & ~0xffff) >>> 0;
}

/** Likewise one number, to any compute dtype. */
export function roundNumberTo(x: number, dtype: ComputeDtype): number {
  if (dtype === 'f16') return roundToHalfNumber(x);
  float[0] = x;
  if (dtype === 'bf16') word[0] = roundBitsToBfloat16(word[0]!);
  return float[0];
}

type Half = Exclude<ComputeDtype, 'f32'>;

const kernels = { f16: 'RoundToHalf', bf16: 'RoundToBfloat16' } as const satisfies Record<Half, string>;
const bitsOf = { f16: roundBitsToHalf, bf16: roundBitsToBfloat16 } as const;

function roundWords(from: Float32Array, to: Float32Array, round: (bits: number) => number): void {
  const source = new Uint32Array(from.buffer, from.byteOffset, from.length);
  const target = new Uint32Array(to.buffer, to.byteOffset, to.length);
  for (let i = 0; i < source.length; i++) target[i] = round(source[i]!);
}

/** What sets `rounded` from `bits`, for a finite number. */
const finiteBits = {
  f16: `let sign = bits & 0x80000000u;
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
        }`,
  bf16: 'rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;',
} as const;

const wgsl = (dtype: Half) => `
  fn main(index : i32) {
    if (index < uniforms.size) {
      let bits = bitcast<u32>(X[index]);
      let magnitude = bits & 0x7fffffffu;
      var rounded = bits;
      if (magnitude < 0x7f800000u) {
        ${finiteBits[dtype]}
      }
      result[index] = bitcast<f32>(rounded);
    }
  }`;

for (const dtype of ['f16', 'bf16'] as const) {
  const kernelName = kernels[dtype];
  const round = bitsOf[dtype];
  defineKernel(kernelName, {
    host: ({ x }, _attrs, allocate) => {
      const output = allocate(x!.shape, 'float32');
      roundWords(x!.values as Float32Array, output.values as Float32Array, round);
      return output;
    },
    webgpu: ({ x }, _attrs, backend) =>
      backend.runWebGPUProgram(
        {
          ...elementwise(x!.shape),
          variableNames: ['X'],
          shaderKey: kernelName,
          getUserCode: () => wgsl(dtype),
        },
        [x!],
        'float32',
      ),
    // The native Cast op makes a tensor of a dtype that tfjs cannot hold: rounded on the host instead.
    tensorflow: ({ x }, _attrs, backend) => {
      const rounded = new Float32Array(tf.util.sizeFromShape(x!.shape));
      roundWords(Float32Array.from(backend.readSync(x!.dataId)), rounded, round);
      return tf.tensor(rounded, x!.shape, 'float32');
    },
  });
  defineGradient({ kernelName, gradFunc: (dy) => ({ x: () => dy as tf.Tensor }) });
}

/** Whether the active backend can round to float16 and bfloat16. */
export const hasHalf = (): boolean => hasKernel(kernels.f16) && hasKernel(kernels.bf16);

/** x itself where the dtype is `f32`. @throws UserError `attention/no-half` on a backend that does not have the kernel. */
export function roundTo<T extends tf.Tensor>(x: T, dtype: ComputeDtype): T {
  if (dtype === 'f32') return x;
  if (!hasKernel(kernels[dtype])) {
    throw new UserError(
      'attention/no-half',
      `The backend ${tf.getBackend()} has no kernel ${kernels[dtype]}, which computeDtype ${dtype} needs: use computeDtype f32, or register the kernel.`,
    );
  }
  return tf.engine().runKernel(kernels[dtype], { x }) as T;
}

export const roundToHalf = <T extends tf.Tensor>(x: T): T => roundTo(x, 'f16');

/** x rounded, and so is its gradient on the way back. @throws UserError as `roundTo` does */
export function castTo<T extends tf.Tensor>(x: T, dtype: ComputeDtype): T {
  if (dtype === 'f32') return x;
  const cast = tf.customGrad((...args: unknown[]) => ({
    value: roundTo(args[0] as tf.Tensor, dtype),
    gradFunc: (dy) => roundTo(dy as tf.Tensor, dtype),
  }));
  return cast(x) as T;
}
