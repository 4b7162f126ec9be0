/**
 * Turns raw tensors into typed arrays. F32 and F64 are viewed, not copied through JavaScript numbers, so that
 * NaN payload bits survive. Bytes are taken as little-endian, which every platform of Node.js we support is.
 */
import { UserError } from '@nanscope/errors';
import { dtypeBytes } from './header.ts';
import type { SafetensorsTensor } from './open.ts';

const viewable = (data: Uint8Array, bytes: number): Uint8Array =>
  data.byteOffset % bytes === 0 ? data : data.slice();

function refuse(tensor: SafetensorsTensor, wanted: string): never {
  throw new UserError(
    'safetensors/conversion',
    `expected ${wanted}, found dtype ${tensor.dtype} with shape [${tensor.shape.join(', ')}].`,
  );
}

/** float32 bits of float16 bits; NaN payloads keep their place at the top of the mantissa. */
function float16To32(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/**
 * Any float tensor as float32. F32 is a view, F16 and BF16 are exact, F64 is rounded to nearest.
 *
 * @throws UserError for integer and float8 dtypes.
 */
export function toFloat32(tensor: SafetensorsTensor): Float32Array<ArrayBuffer> {
  const { dtype } = tensor;
  if (dtype === 'F32') {
    const data = viewable(tensor.data, 4);
    return new Float32Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 4);
  }
  if (dtype === 'F64') return Float32Array.from(toFloat64(tensor));
  if (dtype !== 'F16' && dtype !== 'BF16') return refuse(tensor, 'a float tensor (F64, F32, F16 or BF16)');
  const data = viewable(tensor.data, 2);
  const words = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const values = new Float32Array(words.length);
  const bits = new Uint32Array(values.buffer);
  if (dtype === 'BF16') for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  else for (let i = 0; i < words.length; i++) bits[i] = float16To32(words[i]!);
  return values;
}

/** Any float tensor as float64, exactly. @throws UserError for integer and float8 dtypes. */
export function toFloat64(tensor: SafetensorsTensor): Float64Array<ArrayBuffer> {
  if (tensor.dtype !== 'F64') return Float64Array.from(toFloat32(tensor));
  const data = viewable(tensor.data, 8);
  return new Float64Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 8);
}

type IntegerArray = { readonly length: number; readonly [index: number]: number | bigint };

function integerView(tensor: SafetensorsTensor): IntegerArray {
  const data = viewable(tensor.data, 8);
  const { buffer, byteOffset, byteLength } = data;
  switch (tensor.dtype) {
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    case 'U64':
      return new BigUint64Array(buffer, byteOffset, byteLength / 8);
    case 'I32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'U32':
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    case 'I16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case 'U16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 'I8':
      return new Int8Array(buffer, byteOffset, byteLength);
    case 'U8':
    case 'BOOL':
      return data;
    default:
      return refuse(tensor, 'an integer or bool tensor');
  }
}

/**
 * Any integer or bool tensor as int32, the integer dtype of TensorFlow.js.
 *
 * @throws UserError for float dtypes and for a value that int32 cannot hold.
 */
export function toIntegers(tensor: SafetensorsTensor): Int32Array<ArrayBuffer> {
  const view = integerView(tensor);
  const values = new Int32Array(view.length);
  for (let i = 0; i < view.length; i++) {
    const value = Number(view[i]!);
    if (value !== (value | 0)) {
      throw new UserError(
        'safetensors/conversion',
        `expected integers that fit 32 bits, found ${view[i]} at index ${i} of a ${tensor.dtype} tensor.`,
      );
    }
    values[i] = value;
  }
  return values;
}

// Makes tensors to be written from typed arrays, without touching a bit.

function wrap(
  dtype: SafetensorsTensor['dtype'],
  shape: readonly number[],
  array: ArrayBufferView,
): SafetensorsTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  if (array.byteLength !== size * dtypeBytes(dtype)) {
    throw new Error(
      `A ${dtype} tensor of shape [${shape.join(', ')}] cannot be made of ${array.byteLength} bytes.`,
    );
  }
  const data = new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
  return { dtype, shape: [...shape], data };
}

/** F32 tensor over the array's own memory. */
export function float32Tensor(shape: readonly number[], values: Float32Array): SafetensorsTensor {
  return wrap('F32', shape, values);
}

/** F64 tensor over the array's own memory. */
export function float64Tensor(shape: readonly number[], values: Float64Array): SafetensorsTensor {
  return wrap('F64', shape, values);
}

/** I64 tensor, the dtype in which token ids, masks and labels are usually kept. */
export function integerTensor(shape: readonly number[], values: ArrayLike<number>): SafetensorsTensor {
  return wrap(
    'I64',
    shape,
    BigInt64Array.from(values, (value) => BigInt(value)),
  );
}
