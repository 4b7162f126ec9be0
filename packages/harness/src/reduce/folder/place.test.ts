import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from './place.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-place-'));
afterAll(() => rmSync(base, { recursive: true }));
const record = (text: string) => `{"schemaVersion":1,"kind":"reduce","text":"${text}"}`;
const fill = (text: string) => async (fresh: string) =>
  writeFileSync(join(fresh, 'reduced.json'), record(text));

it('puts a whole folder in its place, and moves earlier ones aside, none over another', async () => {
  const place = join(base, 'a/b');
  expect(await makeFolder(place, fill('1'))).toBeUndefined();
  expect(await makeFolder(place, fill('2'))).toBe(`${place}.1`);
  expect(await makeFolder(`${place}/`, fill('3'))).toBe(`${place}.2`);
  expect(readdirSync(join(base, 'a')).sort()).toEqual(['b', 'b.1', 'b.2']);
  const read = (name: string) => readFileSync(join(base, 'a', name, 'reduced.json'), 'utf8');
  expect(['b', 'b.1', 'b.2'].map(read)).toEqual(['3', '1', '2'].map(record));
});

it('leaves nothing behind, and what was there as it was, when it cannot be filled', async () => {
  const place = join(base, 'c');
  await makeFolder(place, fill('1'));
  const failing = makeFolder(place, async (fresh) => {
    await fill('half')(fresh);
    throw new Error('in the middle');
  });
  await expect(failing).rejects.toThrow('in the middle');
  expect(readdirSync(base).filter((name) => name.startsWith('c'))).toEqual(['c']);
  expect(readFileSync(join(place, 'reduced.json'), 'utf8')).toBe(record('1'));
});
