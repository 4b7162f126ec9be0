/** TFRecord framing: length (8 bytes), its checksum (4), the payload, its checksum (4); all little-endian. */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { decodeEvent, encodeEvent, type ScalarEvent } from './event.ts';

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

function encodeRecord(payload: Uint8Array): Uint8Array<ArrayBuffer> {
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
function decodeRecords(bytes: Uint8Array): Records {
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

// Scalars into an event file that TensorBoard reads, nothing filtered. Every call is one append of whole records; a
// run that goes on continues its file, behind the last whole record, since TensorBoard reads no further than a torn one.

export interface EventWriter {
  readonly path: string;
  /** @param scalars value by tag, such as `train/loss`. @param step a whole number from 0 */
  scalars(step: number, scalars: Readonly<Record<string, number>>): void;
  /** Flushes to the disk. */
  close(): void;
}

export interface EventWriterOptions {
  /**
   * The run goes on and its next step is this one: the newest event file of the folder is continued, and TensorBoard
   * drops what an interrupted run logged for this step and later ones.
   */
  readonly resumeAt?: number;
  /** Seconds since 1970; default the clock. */
  readonly now?: () => number;
}

const isEventFile = (name: string) => name.startsWith('events.out.tfevents.');

/** The events of a file, up to the first record that is torn. */
export function readEvents(path: string): ScalarEvent[] {
  return decodeRecords(readFileSync(path)).payloads.map(decodeEvent);
}

/** A name that no other run in this folder has; TensorBoard sorts by the seconds in it. */
function newName(seconds: number, taken: readonly string[]): string {
  const base = `events.out.tfevents.${String(Math.floor(seconds)).padStart(10, '0')}.${hostname()}.${process.pid}`;
  let count = 0;
  while (taken.includes(`${base}.${count}`)) count++;
  return `${base}.${count}`;
}

/**
 * Opens an event file in `directory`, which is created.
 *
 * @throws UserError `tensorboard/unwritable` here and in `scalars`
 */
export function openEventWriter(directory: string, options: EventWriterOptions = {}): EventWriter {
  const { resumeAt, now = () => Date.now() / 1000 } = options;
  let path = directory;
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new UserError(
        'tensorboard/unwritable',
        `${path}: TensorBoard events cannot be written (${errorLine(error)}). Free space, or name another folder.`,
        { cause: error },
      );
    }
  };
  const file = guarded(() => {
    mkdirSync(directory, { recursive: true });
    const earlier = readdirSync(directory).filter(isEventFile).sort();
    const continued = resumeAt === undefined ? undefined : earlier.at(-1);
    path = join(directory, continued ?? newName(now(), earlier));
    const handle = openSync(path, 'a');
    if (continued !== undefined) ftruncateSync(handle, decodeRecords(readFileSync(path)).wholeBytes);
    return handle;
  });
  const append = (event: ScalarEvent) => {
    const record = encodeRecord(encodeEvent(event));
    guarded(() => {
      for (let done = 0; done < record.length; ) done += writeSync(file, record, done);
    });
  };
  if (guarded(() => readFileSync(path)).length === 0) {
    append({ wallTime: now(), step: 0, scalars: {}, fileVersion: 'brain.Event:2' });
  }
  if (resumeAt !== undefined) append({ wallTime: now(), step: resumeAt, scalars: {}, sessionStart: true });
  return {
    path,
    scalars: (step, scalars) => append({ wallTime: now(), step, scalars }),
    close: () =>
      guarded(() => {
        fsyncSync(file);
        closeSync(file);
      }),
  };
}
