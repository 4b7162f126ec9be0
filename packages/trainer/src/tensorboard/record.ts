/** TFRecord framing: length (8 bytes), its checksum (4), the payload, its checksum (4); all little-endian. */

// CRC-32C (Castagnoli) and the masked form of it that TFRecord files use.

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Rotated and shifted, so that a checksum over bytes that hold checksums is not weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

export function encodeRecord(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(12 + payload.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(payload, 12);
  view.setUint32(12 + payload.length, maskedCrc32c(payload), true);
  return record;
}

interface Records {
  readonly payloads: readonly Uint8Array[];
  /** Bytes of the whole records: less than the file has when the last write was cut off. */
  readonly wholeBytes: number;
}

/** Reads records up to the first that is cut off or fails its checksum, as TensorBoard does. */
export function decodeRecords(bytes: Uint8Array): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  let at = 0;
  while (at + 16 <= bytes.length) {
    const length = Number(view.getBigUint64(at, true));
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) break;
    if (at + 16 + length > bytes.length) break;
    const payload = bytes.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 12 + length, true) !== maskedCrc32c(payload)) break;
    payloads.push(payload);
    at += 16 + length;
  }
  return { payloads, wholeBytes: at };
}
