/** TensorProto.DataType of what Attention may be given, by its number. The rest has no place in it. */
import type { Dtype } from '@nanscope/safetensors';

export const elementTypes: Readonly<Record<number, Dtype>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
};

/** @throws Error for a dtype that ONNX has no number for here */
export function elementTypeOf(dtype: Dtype): number {
  const found = Object.entries(elementTypes).find(([, name]) => name === dtype);
  if (!found) throw new Error(`No ONNX element type for ${dtype}.`);
  return Number(found[0]);
}
