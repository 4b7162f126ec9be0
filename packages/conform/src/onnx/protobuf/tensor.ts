/** TensorProto of onnx.proto: an array with its name, as raw bytes or as lists of numbers. Byte for byte as stored. */

import type { Dtype, SafetensorsTensor } from '@nanscope/safetensors';
import { PbfReader } from 'pbf';

// The protobuf wire format by the library pbf, with the one thing it leaves to its callers: a message that is cut off
// or is no protobuf is an error, never a shorter message.

/** Wire types. Groups (3, 4) are not used by ONNX. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Says what is wrong with the bytes, for a message that names the file. */
export class Malformed extends Error {}

/** One field of a message, not read yet: exactly one of its methods is to be called, or none. */
export interface Field {
  /** Its number in the .proto. */
  readonly number: number;
  /** int32, int64, enum: a JavaScript number, exact below 2^53. */
  integer(): number;
  float(): number;
  text(): string;
  bytes(): Uint8Array;
  /** A repeated number: one element, or a packed list of them. */
  integers(): number[];
  floats(): number[];
  doubles(): number[];
}

/** Calls `read` for every field of a message. @throws Malformed */
export function readMessage(bytes: Uint8Array, read: (field: Field) => void): void {
  const pbf = new PbfReader(bytes);
  try {
    while (pbf.pos < bytes.length) {
      const tag = pbf.readVarint();
      const type = tag & 7;
      const start = pbf.pos;
      // Steps over the field first: what does not fit is cut off, whoever reads it.
      pbf.skip(tag);
      const end = pbf.pos;
      if (end > bytes.length) throw new Malformed(`${bytes.length} bytes, where ${end} are announced`);
      pbf.pos = start;
      read(fieldOf(pbf, tag >>> 3, type, end));
      pbf.pos = end;
    }
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed(`bytes that are no protobuf message (${(error as Error).message})`);
  }
}

function fieldOf(pbf: PbfReader, number: number, type: number, end: number): Field {
  const expect = (wanted: number) => {
    if (type !== wanted) throw new Malformed(`field ${number} of wire type ${type}, expected ${wanted}`);
  };
  const list = (element: number, read: () => number): number[] => {
    if (type === element) return [read()];
    expect(BYTES);
    pbf.readVarint();
    const numbers: number[] = [];
    while (pbf.pos < end) numbers.push(read());
    return numbers;
  };
  return {
    number,
    integer() {
      expect(VARINT);
      return pbf.readVarint(true);
    },
    float() {
      expect(FIXED32);
      return pbf.readFloat();
    },
    text() {
      expect(BYTES);
      return pbf.readString();
    },
    bytes() {
      expect(BYTES);
      return pbf.readBytes();
    },
    integers: () => list(VARINT, () => pbf.readVarint(true)),
    floats: () => list(FIXED32, () => pbf.readFloat()),
    doubles: () => list(FIXED64, () => pbf.readDouble()),
  };
}

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
