import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkPlaces } from './write.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-places-'));
afterAll(() => rmSync(base, { recursive: true }));

const check = (file: string) => checkPlaces([{ reporter: 'html', place: { kind: 'file', file } }]);

it('a file may be new, below folders that are new, or there already; nothing is written', () => {
  writeFileSync(join(base, 'old.html'), '');
  check(join(base, 'old.html'));
  check(join(base, 'a/b/new.html'));
  expect(existsSync(join(base, 'a'))).toBe(false);
});

it('a folder, or a place below a file, is refused before a run begins', () => {
  expect(() => check(base)).toThrow(/expected a file that can be written at .*, found a folder/);
  writeFileSync(join(base, 'file'), '');
  expect(() => check(join(base, 'file/report.html'))).toThrow(/file, which is no folder/);
});
