/**
 * Scalars into an event file that TensorBoard reads, nothing filtered. Every call is one append of whole records; a
 * run that goes on continues its file, behind the last whole record, since TensorBoard reads no further than a torn one.
 */
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
import { decodeRecords, encodeRecord } from './record.ts';

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
        `${path}: TensorBoard events can not be written (${errorLine(error)}). Free space, or name another folder.`,
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
