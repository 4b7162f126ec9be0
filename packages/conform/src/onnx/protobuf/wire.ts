/**
 * The protobuf wire format by the library pbf, with the one thing it leaves to its callers: a message that is cut off
 * or is no protobuf is an error, never a shorter message.
 */
import { PbfReader } from 'pbf';

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
