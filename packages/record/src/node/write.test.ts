import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRunFolder, moveAside, writeJson } from './write.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-write-'));
afterAll(() => rmSync(base, { recursive: true }));

describe('makeRunFolder', () => {
  it('makes the whole path and marks it', () => {
    const path = join(base, 'a/b/c');
    makeRunFolder(path, 'eval');
    makeRunFolder(path, 'eval');
    expect(readdirSync(path)).toEqual(['.nanscope']);
  });

  it('refuses a place below a file', () => {
    writeFileSync(join(base, 'file'), '');
    expect(() => makeRunFolder(join(base, 'file/run'), 'eval')).toThrow(
      /--out .*expected a folder that can be written/,
    );
  });

  it.skipIf(!existsSync('/proc/self'))(
    'returns at all below a folder that refuses everything (skipped where there is no /proc)',
    () => {
      expect(() => makeRunFolder('/proc/self/a/b', 'eval')).toThrow(/expected a folder that can be written/);
    },
  );
});

describe('moveAside', () => {
  const run = (path: string, text: string) => {
    makeRunFolder(path, 'eval');
    writeJson(path, 'run.json', { schemaVersion: 1, kind: 'eval', text });
  };

  it('keeps every earlier run under the next free number', () => {
    const path = join(base, 'run');
    expect(moveAside(path, 'eval')).toBeUndefined();
    run(path, 'first');
    expect(moveAside(path, 'eval')).toBe(`${path}.1`);
    run(path, 'second');
    expect(moveAside(`${path}/`, 'eval')).toBe(`${path}.2`);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(join(`${path}.1`, 'run.json'), 'utf8')).toContain('first');
    expect(readFileSync(join(`${path}.2`, 'run.json'), 'utf8')).toContain('second');
  });

  it('refuses a folder that holds other things', () => {
    const path = join(base, 'other');
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), '');
    expect(() => moveAside(path, 'eval')).toThrow(/found notes.txt that is not of a run/);
  });

  it('refuses to overwrite a run.json that is not of a run', () => {
    const path = join(base, 'foreign');
    mkdirSync(path);
    writeFileSync(join(path, 'run.json'), '{}');
    expect(() => moveAside(path, 'eval')).toThrow(/found run.json that is not of a run/);
  });
});

it('writeJson replaces in one step and leaves no temporary file', () => {
  const path = join(base, 'json');
  makeRunFolder(path, 'eval');
  writeJson(path, 'run.json', { loss: Number.NaN, bound: Number.NEGATIVE_INFINITY });
  expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'))).toEqual({
    loss: 'NaN',
    bound: '-Infinity',
  });
  expect(readdirSync(path).sort()).toEqual(['.nanscope', 'run.json']);
});
