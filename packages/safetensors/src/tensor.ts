/** Makes tensors to be written from typed arrays, without touching a bit. */
import { dtypeBytes } from './header.ts';
import type { SafetensorsTensor } from './open.ts';

function wrap(
  dtype: SafetensorsTensor['dtype'],
  shape: readonly number[],
  array: ArrayBufferView,
): SafetensorsTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  if (array.byteLength !== size * dtypeBytes(dtype)) {
    throw new Error(
      `A ${dtype} tensor of shape [${shape.join(', ')}] can not be made of ${array.byteLength} bytes.`,
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
