import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type WholeLine, wholeLines } from './read.ts';

const base = mkdtempSync(join(tmpdir(), 'whole-lines-'));
afterAll(() => rmSync(base, { recursive: true }));

async function linesOf(name: string, longest?: number): Promise<WholeLine[]> {
  const lines: WholeLine[] = [];
  for await (const line of wholeLines(join(base, name), longest)) lines.push(line);
  return lines;
}

it('come with the byte at which they end, and without one that was cut off', async () => {
  writeFileSync(join(base, 'a'), 'one\n\nzwölf\ncut of');
  expect(await linesOf('a')).toEqual([
    { text: 'one', end: 4 },
    { text: '', end: 5 },
    { text: 'zwölf', end: 12 },
  ]);
});

it('are put together where a part of the file ends in the middle of a letter', async () => {
  // A stream gives 64 KiB at a time: an ö of two bytes lies over every border.
  const long = `x${'ö'.repeat(100_000)}`;
  writeFileSync(join(base, 'long'), `${long}\n${long}\n`);
  expect((await linesOf('long')).map(({ text }) => text === long)).toEqual([true, true]);
});

it('of no file are none, of a folder or an endless one a mistake', async () => {
  expect(await linesOf('nowhere')).toEqual([]);
  mkdirSync(join(base, 'folder'));
  await expect(linesOf('folder')).rejects.toThrow(/expected a plain file/);
  writeFileSync(join(base, 'endless'), '');
  truncateSync(join(base, 'endless'), 2 ** 21);
  await expect(linesOf('endless', 2 ** 20)).rejects.toThrow(/found one of more than 1 MiB/);
});
