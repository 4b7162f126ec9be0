/**
 * TensorBoard's Event message in protobuf, by hand: the few fields that scalars need. Field numbers are those of
 * tensorflow/core/util/event.proto and summary.proto. A scalar is a float32, NaN and infinities included.
 */

export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
  /** What opens a file: `brain.Event:2`. */
  readonly fileVersion?: string;
  /** Set where a run goes on: TensorBoard forgets what was logged for this step and later ones. */
  readonly sessionStart?: boolean;
}

const utf8 = new TextEncoder();

/** Seven bits a byte, the lowest first. @param value a whole number from 0 to 2^53 - 1 */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const key = (field: number, wire: keyof typeof wireTypes) => field * 8 + wireTypes[wire];
const bytesField = (field: number, content: ArrayLike<number>) => [
  key(field, 'bytes'),
  ...varint(content.length),
  ...Array.from(content),
];
const varintField = (field: number, value: number) => [key(field, 'varint'), ...varint(value)];
const doubleField = (field: number, value: number) => [
  key(field, 'fixed64'),
  ...new Uint8Array(Float64Array.of(value).buffer),
];
const floatField = (field: number, value: number) => [
  key(field, 'fixed32'),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export function encodeEvent(event: ScalarEvent): Uint8Array {
  const values = Object.entries(event.scalars).flatMap(([tag, value]) =>
    bytesField(1, [...bytesField(1, utf8.encode(tag)), ...floatField(2, value)]),
  );
  return Uint8Array.from([
    ...doubleField(1, event.wallTime),
    ...varintField(2, event.step),
    ...(event.fileVersion === undefined ? [] : bytesField(3, utf8.encode(event.fileVersion))),
    ...(values.length === 0 ? [] : bytesField(5, values)),
    ...(event.sessionStart ? bytesField(7, varintField(1, 1)) : []),
  ]);
}

type Field = readonly [field: number, value: number | Uint8Array];

/** The fields of one message in order: numbers, or bytes for what is nested. */
function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const head = readVarint();
    const field = Math.floor(head / 8);
    switch (head % 8) {
      case wireTypes.varint:
        yield [field, readVarint()];
        break;
      case wireTypes.fixed64:
        yield [field, view.getFloat64(at, true)];
        at += 8;
        break;
      case wireTypes.fixed32:
        yield [field, view.getFloat32(at, true)];
        at += 4;
        break;
      case wireTypes.bytes: {
        const length = readVarint();
        yield [field, bytes.subarray(at, at + length)];
        at += length;
        break;
      }
      default:
        throw new Error(`An event with wire type ${head % 8} is none of TensorBoard's.`);
    }
  }
}

/** Reads what `encodeEvent` writes, and the same fields of events that others wrote. */
export function decodeEvent(bytes: Uint8Array): ScalarEvent {
  const text = (value: number | Uint8Array) => new TextDecoder().decode(value as Uint8Array);
  const event = { wallTime: 0, step: 0, scalars: {} as Record<string, number> };
  let fileVersion: string | undefined;
  let sessionStart = false;
  for (const [field, value] of fields(bytes)) {
    if (field === 1) event.wallTime = value as number;
    else if (field === 2) event.step = value as number;
    else if (field === 3) fileVersion = text(value);
    else if (field === 5) {
      for (const [, summary] of fields(value as Uint8Array)) {
        const one = new Map(fields(summary as Uint8Array));
        if (one.has(2)) event.scalars[text(one.get(1)!)] = one.get(2) as number;
      }
    } else if (field === 7) sessionStart = new Map(fields(value as Uint8Array)).get(1) === 1;
  }
  return {
    ...event,
    ...(fileVersion === undefined ? {} : { fileVersion }),
    ...(sessionStart ? { sessionStart } : {}),
  };
}
