import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkEarlierRun, checkNewRun, folderState, isWithin } from './own-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-own-'));
afterAll(() => rmSync(base, { recursive: true }));

let made = 0;
/** A folder with these files, by path inside it; a name that ends in / is a folder. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = join(base, `f${made++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(path, name), content);
  }
  return path;
}

const record = (kind: string) => JSON.stringify({ schemaVersion: 1, kind });
const mark = { '.nanscope': '' };

describe('a folder is taken for what its content says', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['a whole evaluation', { 'run.json': record('eval'), 'config.json': '{}' }, 'eval'],
    ['one of another version', { 'run.json': '{"schemaVersion":9,"kind":"eval"}' }, 'eval'],
    ['a lane cut off', { ...mark, 'config.json': '{}', 'target/run.json': record('train-lane') }, 'train'],
    ['a reduction', { 'reduced.json': record('reduce'), 'model/config.json': '{}' }, 'reduce'],
    ['a run that has just begun', { '.nanscope': '{"kind":"train"}\n', 'config.json': '{}' }, 'train'],
    ['a matrix of an earlier version', { ...mark, 'config.json': '{}', 'cells.jsonl': '' }, 'matrix'],
    ['a run of an earlier version, just begun', { ...mark, 'config.json': '{}', 'target/': '' }, undefined],
  ])('%s', (_name, files, kind) => {
    expect(folderState(folder(files))).toMatchObject({ is: 'run', kind });
  });

  it('one that is not there, empty, or just marked is free', () => {
    for (const path of [join(base, 'nowhere'), folder({}), folder(mark)])
      expect(folderState(path)).toEqual({ is: 'free' });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a model', { 'config.json': '{}', 'model.safetensors': '' }, /a model$/],
    ['a checkpoint', { 'config.json': '{}', 'trainer.json': '{}' }, /a checkpoint of a training run/],
    ['a checkout', { '.git/HEAD': '', 'config.json': '{}' }, /a git checkout/],
    ['a home', { '.bashrc': '', 'thesis.tex': '' }, /\.bashrc that is not of a run/],
    ['a home with the mark', { ...mark, '.bashrc': '', 'config.json': '{}' }, /config.json that is not/],
    ['garbage in run.json', { ...mark, 'run.json': 'garbage' }, /run.json that is not of a run/],
    ['null in run.json', { ...mark, 'run.json': 'null' }, /run.json that is not of a run/],
    ['a kind without a version', { 'run.json': '{"kind":"train"}' }, /run.json that is not of a run/],
    ['an unknown kind', { 'run.json': record('constructor') }, /run.json that is not of a run/],
    ['one lane', { 'run.json': record('train-lane') }, /one lane of a run/],
    ['a report', { 'run.json': record('doctor') }, /a record of doctor/],
  ])('%s is foreign, and so is a link to it', (_name, files, found) => {
    const path = folder(files);
    const link = join(base, `link${made++}`);
    symlinkSync(path, link);
    for (const place of [path, link]) {
      expect(folderState(place)).toEqual({ is: 'foreign', found: expect.stringMatching(found) });
      expect(() => checkNewRun(place, 'train')).toThrow(/expected a new or empty folder.*Name another/);
      expect(() => checkEarlierRun(place, 'train')).toThrow(/expected the folder of a training run, found/);
    }
  });

  it('a file, a link to nowhere, and a lane that is a link to elsewhere are foreign', () => {
    const path = folder({ 'run.json': record('train'), text: '' });
    symlinkSync(folder({ 'run.json': record('train-lane') }), join(path, 'target'));
    const dangling = join(base, 'dangling');
    symlinkSync(join(base, 'gone'), dangling);
    expect(folderState(path)).toEqual({ is: 'foreign', found: 'target, a link that leads out of it' });
    expect(folderState(join(path, 'text'))).toEqual({ is: 'foreign', found: 'a file' });
    expect(folderState(dangling)).toEqual({ is: 'foreign', found: 'a link that leads nowhere' });
  });
});

describe('a new run', () => {
  it('moves aside an earlier one of its kind alone', () => {
    const path = folder({ 'run.json': record('eval'), 'notes.txt': '' });
    expect(checkNewRun(path, 'eval')).toBe(true);
    expect(() => checkNewRun(path, 'train')).toThrow(
      /expected .* that of an earlier training run, found that of an evaluation/,
    );
  });

  it('never moves a folder that somebody lives in, nor what it reads itself', () => {
    const path = folder({ 'run.json': record('eval'), '.git/HEAD': '', 'config.json': '{}' });
    expect(() => checkNewRun(path, 'eval')).toThrow(/found an earlier run among other files/);
    const run = folder({ 'run.json': record('train'), 'target/checkpoints/step-00000001/config.json': '' });
    const model = join(run, 'target/checkpoints/step-00000001');
    expect(() => checkNewRun(run, 'train', { model })).toThrow(/found --model .*step-00000001 in it/);
    expect(checkNewRun(run, 'train', { model: 'tiny', data: undefined })).toBe(true);
  });
});

it('a path is within another by its real place, existing or not', () => {
  const path = folder({ 'a/b': '' });
  const link = join(base, `link${made++}`);
  symlinkSync(path, link);
  expect(isWithin(join(link, 'a', 'new', 'deep'), path)).toBe(true);
  expect(isWithin(path, link)).toBe(true);
  expect(isWithin(`${path}-other`, path)).toBe(false);
});
