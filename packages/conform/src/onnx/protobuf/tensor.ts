/** TensorProto of onnx.proto: an array with its name, as raw bytes or as lists of numbers. Byte for byte as stored. */
import type { Dtype, SafetensorsTensor } from '@nanscope/safetensors';
import { Malformed, readMessage } from './wire.ts';

// TensorProto.DataType of what Attention may be given, by its number. The rest has no place in it.

const elementTypes: Readonly<Record<number, Dtype>> = {
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

export interface NamedTensor extends SafetensorsTensor {
  readonly name: string;
}

const EXTERNAL = 1;

/** @throws Malformed */
export function readTensor(bytes: Uint8Array): NamedTensor {
  const shape: number[] = [];
  const numbers: number[] = [];
  let name = '';
  let type = 0;
  let raw: Uint8Array | undefined;
  readMessage(bytes, (field) => {
    if (field.number === 1) shape.push(...field.integers());
    else if (field.number === 2) type = field.integer();
    else if (field.number === 4) append(numbers, field.floats());
    else if ([5, 7, 11].includes(field.number)) append(numbers, field.integers());
    else if (field.number === 8) name = field.text();
    else if (field.number === 9) raw = field.bytes();
    else if (field.number === 10) append(numbers, field.doubles());
    else if (field.number === 14 && field.integer() === EXTERNAL)
      throw new Malformed(`tensor "${name}" with its data in another file`);
  });
  const dtype = elementTypes[type];
  if (dtype === undefined) throw new Malformed(`tensor "${name}" of data type ${type}`);
  const data = raw ? Uint8Array.from(raw) : packed(dtype, numbers);
  const wanted = shape.reduce((product, size) => product * size, bytesOf[dtype] ?? 1);
  if (data.length !== wanted)
    throw new Malformed(
      `tensor "${name}" with ${data.length} bytes, where ${dtype} [${shape}] has ${wanted}`,
    );
  return { name, dtype, shape, data };
}

/** Without spreading: a list may be longer than a call may have arguments. */
function append(to: number[], from: readonly number[]): void {
  for (const number of from) to.push(number);
}

const bytesOf: Partial<Record<Dtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
};

/** The lists hold float16 and bfloat16 as their bits, bool as 0 and 1. */
function packed(dtype: Dtype, numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(listOf(dtype, numbers).buffer);
}

function listOf(dtype: Dtype, numbers: readonly number[]): { readonly buffer: ArrayBuffer } {
  if (dtype === 'F64') return Float64Array.from(numbers);
  if (dtype === 'F32') return Float32Array.from(numbers);
  if (dtype === 'I64' || dtype === 'U64') return BigInt64Array.from(numbers, BigInt);
  const size = bytesOf[dtype];
  if (size === 4) return Int32Array.from(numbers);
  return size === 2 ? Uint16Array.from(numbers) : Uint8Array.from(numbers);
}
