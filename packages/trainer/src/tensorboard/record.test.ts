import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '@nanscope/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c, openEventWriter, readEvents } from './record.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-events-'));
afterAll(() => rmSync(base, { recursive: true }));
const folder = () => mkdtempSync(join(base, 'e-'));

/** What a run logs: numbers that float32 holds exactly, and every kind of non-finite one. */
const logged: [number, Record<string, number>][] = [
  [1, { 'train/loss': 5.5, 'train/gradient_norm': 0.25 }],
  [2, { 'train/loss': Number.NaN, 'train/gradient_norm': Number.POSITIVE_INFINITY }],
  [3_000_000_000, { 'train/loss': Number.NEGATIVE_INFINITY, 'validation/loss äö': -0 }],
];

function write(directory: string): string {
  // The file name takes the first second.
  let clock = 1_699_999_999.5;
  const writer = openEventWriter(directory, { now: () => clock++ });
  for (const [step, scalars] of logged) writer.scalars(step, scalars);
  writer.close();
  return writer.path;
}

describe('checksums', () => {
  it('are CRC-32C as RFC 3720 gives it, and masked', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    // The first 12 bytes of every event file that TensorFlow opens: a length of 24 and its checksum.
    expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
  });
});

describe('an event file', () => {
  it('gives back every scalar, NaN and infinities included', () => {
    const events = readEvents(write(folder()));
    expect(events[0]).toEqual({
      wallTime: 1_700_000_000.5,
      step: 0,
      scalars: {},
      fileVersion: 'brain.Event:2',
    });
    expect(events.slice(1).map(({ step, scalars }) => [step, scalars])).toEqual(logged);
    expect(events[3]!.wallTime).toBe(1_700_000_003.5);
  });

  it('is continued behind its last whole record, whatever the interruption left', () => {
    const directory = folder();
    const path = write(directory);
    const whole = readFileSync(path);
    for (const cut of [1, 13, 20]) {
      writeFileSync(path, whole.subarray(0, whole.length - cut));
      const writer = openEventWriter(directory, { resumeAt: 2 });
      writer.scalars(2, { 'train/loss': 4 });
      writer.close();
      expect(writer.path).toBe(path);
      const events = readEvents(path);
      expect(events.map(({ step }) => step)).toEqual([0, 1, 2, 2, 2]);
      expect(events[3]!.sessionStart).toBe(true);
      expect(events[4]!.scalars).toEqual({ 'train/loss': 4 });
    }
  });

  it('is a file of its own for every run, also within one second', () => {
    const directory = folder();
    expect(write(directory)).not.toBe(write(directory));
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('that cannot be written is one clear line', () => {
    const file = join(folder(), 'file');
    appendFileSync(file, '');
    expect(() => openEventWriter(join(file, 'below'))).toThrow(UserError);
    expect(() => openEventWriter(join(file, 'below'))).toThrow(/events cannot be written \((ENOTDIR|EEXIST)/);
  });
});

const run = promisify(execFile);
const python = process.env.NANSCOPE_PYTHON ?? 'python3';
const hasReader = await run(python, [
  '-c',
  'import tensorboard.backend.event_processing.event_accumulator',
]).then(
  () => true,
  () => false,
);
const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[e.step, e.wall_time, str(e.value)] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;
describe.skipIf(!hasReader)(
  `TensorBoard's own reader${hasReader ? '' : ' (skipped: python3 without tensorboard; pip install tensorboard==2.20.0)'}`,
  () => {
    const read = async (directory: string) =>
      JSON.parse((await run(python, ['-c', script, directory])).stdout);

    it('reads the same scalars', async () => {
      const directory = folder();
      write(directory);
      expect(await read(directory)).toEqual({
        'train/loss': [
          [1, 1_700_000_001.5, '5.5'],
          [2, 1_700_000_002.5, 'nan'],
          [3_000_000_000, 1_700_000_003.5, '-inf'],
        ],
        'train/gradient_norm': [
          [1, 1_700_000_001.5, '0.25'],
          [2, 1_700_000_002.5, 'inf'],
        ],
        'validation/loss äö': [[3_000_000_000, 1_700_000_003.5, '-0.0']],
      });
    });

    it('forgets what a resumed run does again', async () => {
      const directory = folder();
      write(directory);
      const writer = openEventWriter(directory, { resumeAt: 2, now: () => 1_800_000_000 });
      writer.scalars(2, { 'train/loss': 4 });
      writer.close();
      expect((await read(directory))['train/loss']).toEqual([
        [1, 1_700_000_001.5, '5.5'],
        [2, 1_800_000_000, '4.0'],
      ]);
    });
  },
);
