import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MatrixConfig } from '@nanscope/settings';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NamedDevice } from '../experiments/named-devices.ts';
import { openMatrixFolder } from './folder.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'matrix-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const device = (name: string, label: string) => [{ name, decision: { label } }] as unknown as NamedDevice[];
const opened = (resume: boolean, devices = device('gpu', 'one adapter')) => {
  const said: string[] = [];
  const config = { out: join(base, 'run'), resume, factors: {} } as unknown as MatrixConfig;
  return { ...openMatrixFolder(config, devices, (what) => said.push(what)), said };
};

describe('the folder of a matrix', () => {
  it('of a run that has no cell yet can be gone on with', () => {
    const { path } = opened(false);
    expect(opened(true)).toMatchObject({ path, known: new Map() });
    expect(opened(true, device('wasm', 'wasm')).said).toEqual([]);
    expect(() => opened(true, device('wasm', 'another'))).toThrow(
      /cells of wasm in .* are of wasm, and here/,
    );
  });

  it('is not gone on with where a name means another device', () => {
    opened(false);
    expect(() => opened(true, device('gpu', 'other'))).toThrow(
      /--resume: the cells of gpu in .* are of one adapter, and here it is other/,
    );
  });

  it.each([
    ['cut off', '{"devices": {"gp', /config\.json: expected the configuration of a matrix, found /],
    ['null', 'null', /found something else/],
    ['of other devices', '{"devices": {"gpu": 5}}', /found something else/],
    ['a list', '[]', /found something else/],
  ])('is not gone on with where its configuration is %s', (_name, content, line) => {
    const { path } = opened(false);
    writeFileSync(join(path, 'config.json'), content);
    expect(() => opened(true)).toThrow(line);
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe(content);
  });

  it.each(['config.json', 'cells.jsonl'])('is not gone on with where %s is huge or no file', (name) => {
    const { path } = opened(false);
    truncateSync(join(path, name), 300 * 2 ** 20);
    expect(() => opened(true)).toThrow(/found a file of 300 MiB/);
    rmSync(join(path, name));
    mkdirSync(join(path, name));
    expect(() => opened(true)).toThrow(/no plain file/);
  });

  it('that was killed before its result is moved aside, one that is not ours is left alone', () => {
    const { path } = opened(false);
    rmSync(join(path, 'config.json'));
    expect(opened(false).said).toEqual([`moved the earlier run in ${path} to ${path}.1`]);
    rmSync(join(path, '.nanscope'));
    rmSync(join(path, 'config.json'));
    writeFileSync(join(path, 'cells.jsonl'), 'of another tool');
    for (const resume of [true, false])
      expect(() => opened(resume)).toThrow(/found cells.jsonl that is not of a run/);
    expect(existsSync(join(path, '.nanscope'))).toBe(false);
  });
});
