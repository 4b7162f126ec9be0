import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkPlaces, writeReports } from './write.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-places-'));
afterAll(() => rmSync(base, { recursive: true }));

const check = (file: string) => checkPlaces([{ reporter: 'html', place: { kind: 'file', file } }]);

it('a file may be new, below folders that are new, or there already; nothing is written', () => {
  writeFileSync(join(base, 'old.html'), '');
  check(join(base, 'old.html'));
  check(join(base, 'a/b/new.html'));
  expect(existsSync(join(base, 'a'))).toBe(false);
});

it('a file of somebody else is not replaced, a report of an earlier run is', () => {
  const file = join(base, 'config.json');
  writeFileSync(file, '{"model_type":"gpt2"}');
  for (const reporter of ['html', 'json', 'junit', 'markdown', 'terminal', 'github'] as const)
    expect(() => checkPlaces([{ reporter, place: { kind: 'file', file } }])).toThrow(
      /config\.json, found a file that is no such report, which would be lost/,
    );
  const verdict = { code: 'agree', exitCode: 0, sentence: 'All is well.', next: '' } as const;
  const record = { schemaVersion: 1, kind: 'eval', command: 'nanscope eval', verdict } as const;
  for (const reporter of ['html', 'json', 'junit', 'markdown', 'terminal', 'github'] as const) {
    const plan = [{ reporter, place: { kind: 'file', file: join(base, `earlier.${reporter}`) } }] as const;
    expect(writeReports(plan, { record }, undefined)).toBeUndefined();
    expect(() => checkPlaces(plan)).not.toThrow();
  }
  expect(() => checkPlaces([{ reporter: 'tensorboard', place: { kind: 'file', file: base } }])).toThrow(
    /found a folder with .* in it, which is no event file/,
  );
});

it('a folder, or a place below a file, is refused before a run begins', () => {
  expect(() => check(base)).toThrow(/expected a file that can be written at .*, found a folder/);
  writeFileSync(join(base, 'file'), '');
  expect(() => check(join(base, 'file/report.html'))).toThrow(/file, which is no folder/);
});

it('a report that cannot be written costs no other: they are made, and the reason is one line', () => {
  const blocked = join(base, 'blocked');
  writeFileSync(blocked, '');
  const place = (file: string) => ({ kind: 'file' as const, file });
  const verdict = { code: 'agree', exitCode: 0, sentence: 'All is well.', next: '' } as const;
  const record = { schemaVersion: 1, kind: 'eval', command: 'nanscope eval', verdict } as const;
  const failed = writeReports(
    [
      { reporter: 'html', place: place(join(blocked, 'report.html')) },
      { reporter: 'junit', place: place(join(base, 'junit.xml')) },
    ],
    { record },
    undefined,
  );
  expect(failed).toMatchObject({ code: 'usage/reporter', exitCode: 2 });
  expect(failed?.message).toContain('report.html');
  expect(existsSync(join(base, 'junit.xml'))).toBe(true);
});
