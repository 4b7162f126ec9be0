import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvents } from '@nanscope/trainer';
import { afterAll, expect, it } from 'vitest';
import { writeScalars } from './resumed-settings.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-scalars-'));
afterAll(() => rmSync(base, { recursive: true }));

const run = (loss: number) => [
  { name: 'target' as const, steps: [{ step: 3, scalars: { 'eval/loss': loss } }] },
];
const events = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('events.out'));
const losses = (folder: string) =>
  events(folder).flatMap((name) =>
    readEvents(join(folder, name)).flatMap(({ step, scalars }) =>
      'eval/loss' in scalars ? [[step, scalars['eval/loss']]] : [],
    ),
  );

it('writes what TensorBoard reads, NaN included, in the place of an earlier report', () => {
  const folder = join(base, 'new');
  writeScalars(folder, run(1));
  writeScalars(folder, run(Number.NaN));
  expect(losses(join(folder, 'target'))).toEqual([[3, Number.NaN]]);
});

it('leaves the events of a lane that trained there', () => {
  const lane = join(base, 'trained/target');
  mkdirSync(lane, { recursive: true });
  writeFileSync(join(lane, 'run.json'), '{}');
  writeFileSync(join(lane, 'events.out.tfevents.0000000001.x'), '');
  writeScalars(join(base, 'trained'), run(2));
  expect(events(lane)).toHaveLength(2);
  expect(events(lane)).toContain('events.out.tfevents.0000000001.x');
});

it.skipIf(process.platform === 'win32')('replaces a link and does not follow it (skipped on Windows)', () => {
  const [victim, folder] = [join(base, 'victim'), join(base, 'linked')];
  mkdirSync(victim);
  writeFileSync(join(victim, 'events.out.tfevents.0000000001.x'), '');
  mkdirSync(folder);
  symlinkSync(victim, join(folder, 'target'));
  writeScalars(folder, run(2));
  expect(readdirSync(victim)).toEqual(['events.out.tfevents.0000000001.x']);
  expect(existsSync(join(folder, 'target'))).toBe(true);
  expect(losses(join(folder, 'target'))).toEqual([[3, 2]]);
});
