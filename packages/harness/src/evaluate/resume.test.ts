import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FolderKind } from '@nanscope/record';
import { makeRunFolder } from '@nanscope/record';
import { evalFlags, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { afterAll, describe, expect, it } from 'vitest';
import { resumedValues } from '../train/resumed-run.ts';
import { checkSameSettings, keptConfig, resumedEvaluation } from './resume.ts';

const base = mkdtempSync(join(tmpdir(), 'eval-resume-'));
afterAll(() => rmSync(base, { recursive: true }));

let made = 0;
function folder(content: string, kind: FolderKind = 'eval'): string {
  const path = join(base, `run-${made++}`);
  makeRunFolder(path, kind);
  writeFileSync(join(path, 'config.json'), content);
  return path;
}

describe('the settings of a run that is resumed', () => {
  const kept = { model: 'tiny', 'batch-size': 2, device: 'wasm', json: true, reporter: ['html'], out: 'old' };
  const path = folder(JSON.stringify(kept));
  const values = resumedEvaluation(path);
  const configOf = (given: Record<string, unknown>) =>
    toEvalConfig(resolveFlags(evalFlags, { resume: path, ...given }, { path, values }));

  it('are those of that run, except how the result is reported', () => {
    expect(values).toEqual({ model: 'tiny', 'batch-size': 2, device: 'wasm', out: 'old' });
    expect(configOf({})).toMatchObject({ batchSize: 2, json: false, out: 'old' });
    expect(keptConfig({ ...configOf({ 'lane-timeout': '7' }), resume: path })).toEqual({
      ...{ model: 'tiny', batchSize: 2, device: 'wasm', json: true, reporter: ['html'], out: 'old' },
      laneTimeout: 7,
    });
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ 'batch-size': '3' }, /expected --batch-size 2 as in that run, found 3/],
    [{ policy: 'tfjs' }, /expected --policy "safe" as in that run, found "tfjs"/],
    [{ fill: '-1' }, /expected --fill none as in that run, found "-1"/],
    [{ out: 'elsewhere' }, /expected --out "old" as in that run, found "elsewhere"/],
  ])('may not be others: %j', (given, line) => {
    expect(() => checkSameSettings(configOf(given), configOf({}))).toThrow(line);
  });

  it('may be given again, and reported elsewhere', () => {
    const again = configOf({ 'batch-size': '2', json: true, reporter: ['junit'], 'lane-timeout': '9' });
    expect(() => checkSameSettings(again, configOf({}))).not.toThrow();
  });
});

describe.each([
  ['an evaluation', 'eval', resumedEvaluation],
  ['a training run', 'train', resumedValues],
] as const)('a hostile folder in the place of %s is one line', (_name, kind, resumed) => {
  it.each([
    ['cut off', '{"model": "ti', /config\.json: expected JSON/],
    ['null', 'null', /found something that is no object/],
    ['a list', '[1]', /found something that is no object/],
  ])('%s', (_what, content, line) => {
    expect(() => resumed(folder(content, kind))).toThrow(line);
  });

  it('a huge one is not read', () => {
    const path = folder('{}', kind);
    truncateSync(join(path, 'config.json'), 300 * 2 ** 20);
    expect(() => resumed(path)).toThrow(/found a file of 300 MiB/);
  });

  it('a folder in its place', () => {
    const path = join(base, `place-${made++}`);
    makeRunFolder(path, kind);
    mkdirSync(join(path, 'config.json'));
    expect(() => resumed(path)).toThrow(/no plain file/);
  });
});

it.each([
  ['a training run', '{"model":"tiny","steps":9}', /found "steps"/],
  ['a matrix', '{"devices":{"wasm":"wasm"}}', /found "devices"/],
  ['something else', '{}', /found no model/],
])('the settings of %s are none of an evaluation', (_name, content, line) => {
  expect(() => resumedEvaluation(folder(content))).toThrow(line);
});
