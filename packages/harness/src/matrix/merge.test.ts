import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { type Cell, cellId, cellsOf, type FactorValues, plainCell } from '@nanscope/experiments';
import type { MatrixRecord } from '@nanscope/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inShard, shardFrom } from '../selection/shard.ts';
import { appendCells } from './cells-file.ts';
import { mergeMatrices } from './merge.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'merge-'));
});
afterEach(() => rmSync(base, { recursive: true }));

/** 12 cells. */
const values = {
  ...Object.fromEntries(
    Object.entries({ ...plainCell, device: 'gpu' }).map(([name, value]) => [name, [value]]),
  ),
  keys: ['0', '1', '2'],
  layers: ['1', '2'],
  'padding-side': ['left', 'right'],
} as unknown as FactorValues;
const all = cellsOf(values);

const record = (change: Partial<MatrixRecord> = {}): MatrixRecord => ({
  ...{ schemaVersion: 1, kind: 'matrix', command: 'c', folder: 'f', status: 'complete', cells: 0 },
  ...{ factors: { ...values }, asPredicted: 0, surprises: [], surprisesCut: 0, answers: [] },
  devices: [
    {
      ...{ name: 'gpu', label: 'one adapter', backend: 'webgpu', gpu: true, os: 'linux', arch: 'x64' },
      ...{ status: 'complete', asked: 0, observed: 0, refused: 0, seconds: 1 },
    },
  ],
  ...change,
});

/** A part of the cells in a folder of its own, each refused, which says that it was asked. */
function part(name: string, change: Partial<MatrixRecord> = {}, cells: readonly Cell[] = all): string {
  const folder = join(base, name);
  mkdirSync(folder);
  const { shard } = change;
  const ids = cells.map(cellId);
  const own = shard === undefined ? new Set(ids) : inShard(ids, shardFrom(shard));
  appendCells(
    folder,
    cells.filter((cell) => own.has(cellId(cell))).map((cell) => ({ cell, refused: 'no such kernel' })),
  );
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record(change)));
  return folder;
}

const merged = (...folders: string[]) => mergeMatrices(folders, join(base, 'out'), 'nanscope merge');
const refusal = (...folders: string[]): string => {
  try {
    merged(...folders);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(existsSync(join(base, 'out'))).toBe(false);
    return (error as UserError).message;
  }
  throw new Error('nothing was refused');
};

describe('the union of parts', () => {
  it('is complete when every part is there', () => {
    const parts = ['1/3', '2/3', '3/3'].map((shard) => part(`part-${shard[0]}`, { shard }));
    const { status, missing } = merged(...parts);
    expect([status, missing]).toEqual(['complete', undefined]);
  });

  it('of many missing parts names the first, and says how many more there are', () => {
    const { missing } = merged(part('one', { shard: '1/30' }));
    expect(missing?.shards).toHaveLength(21);
    expect(missing?.shards.at(-2)).toBe('21/30 of gpu');
    expect(missing?.shards.at(-1)).toBe('and 9 more');
  });

  it('names the part that is missing, and its cells', () => {
    const one = part('one', { shard: '1/3' });
    const { status, missing } = merged(one, part('three', { shard: '3/3' }));
    const absent = all.map(cellId).filter((id) => inShard(all.map(cellId), shardFrom('2/3')).has(id));
    expect([status, missing]).toEqual([
      'incomplete',
      { shards: ['2/3 of gpu'], cells: absent.length, ids: absent },
    ]);
  });

  it('names the cells that an interrupted part did not come to', () => {
    const whole = part('whole', {}, all.slice(1));
    expect(merged(whole).missing).toEqual({ shards: [], cells: 1, ids: [cellId(all[0]!)] });
  });

  it('is refused where parts were not divided alike', () => {
    const one = part('one', { shard: '1/2', timings: 'abc' });
    expect(refusal(one, part('two', { shard: '2/2' }))).toMatch(
      /two: expected a part of gpu that was divided as .*one was, one of 2 with timings abc, found one of 2 with timings none/,
    );
    expect(refusal(one, part('three', { shard: '2/3', timings: 'abc' }))).toMatch(
      /found one of 3 with timings abc/,
    );
    expect(refusal(one, part('again', { shard: '1/2', timings: 'abc' }))).toMatch(
      /again: expected each part of gpu once, found 1\/2, which is .*one already/,
    );
  });

  it('is refused where one name is two devices', () => {
    const [device] = record().devices;
    const one = part('one');
    const other = part('other', { devices: [{ ...device!, label: 'other adapter' }] });
    expect(refusal(one, other)).toMatch(/expected gpu to be one adapter on linux x64 .*--device gpu@NAME/);
    expect(refusal(one, part('mac', { devices: [{ ...device!, os: 'darwin', arch: 'arm64' }] }))).toMatch(
      /found one adapter on darwin arm64/,
    );
    const { os: _, arch: __, ...older } = device!;
    expect(merged(part('older', { devices: [older] })).status).toBe('complete');
  });
});

describe('a hostile part is one line, and nothing is written', () => {
  const hostile = (name: string, content: string | Buffer, file = 'run.json') => {
    const folder = part(name);
    writeFileSync(join(folder, file), content);
    return folder;
  };
  it.each<[string, () => string, RegExp]>([
    [
      'a cut off record',
      () => hostile('a', '{"schemaVersion": 1, "kind": "mat'),
      /a.run\.json: expected JSON/,
    ],
    [
      'of another version',
      () => hostile('a', '{"schemaVersion": 99, "kind": "matrix"}'),
      /expected schemaVersion 1, found 99/,
    ],
    ['foreign', () => hostile('a', '{"name": "x"}'), /JSON without schemaVersion/],
    ['no object', () => hostile('a', 'null'), /JSON without schemaVersion/],
    ['of another kind', () => hostile('a', '{"schemaVersion": 1, "kind": "claims"}'), /found a wrong field/],
    ['of wrong fields', () => hostile('a', JSON.stringify({ ...record(), shard: 3 })), /a wrong field shard/],
    [
      'with a shard that is none',
      () => part('a', {}) && hostile('b', JSON.stringify(record({ shard: '7/../x' }))),
      /expected I\/N/,
    ],
    [
      'a folder',
      () => {
        const path = part('a');
        rmSync(join(path, 'run.json'));
        mkdirSync(join(path, 'run.json'));
        return path;
      },
      /no plain file/,
    ],
    ['foreign cells', () => hostile('a', '{"id":"x"}\n', 'cells.jsonl'), /line 1: expected an observed cell/],
    ['nothing', () => join(base, 'nowhere'), /nowhere.run\.json: expected the run\.json of a run folder/],
  ])('%s', (_name, make, line) => {
    expect(refusal(make())).toMatch(line);
  });

  it.each(['run.json', 'cells.jsonl'])('a huge %s is not read', (file) => {
    const folder = part('huge');
    truncateSync(join(folder, file), 300 * 2 ** 20);
    expect(refusal(folder)).toMatch(new RegExp(`${file}: expected .*, found a file of 300 MiB`));
  });

  it.skipIf(process.platform === 'win32')('a pipe is not waited for (skipped on Windows)', () => {
    const folder = part('pipe');
    rmSync(join(folder, 'run.json'));
    execFileSync('mkfifo', [join(folder, 'run.json')]);
    expect(refusal(folder)).toMatch(/no plain file/);
  });
});

it('names in a record are words: nothing is written outside of the merged folder', () => {
  const name = '../../\u0000\u001b[31m/etc/x';
  const [device] = record().devices;
  const cells = cellsOf({ ...values, device: [name] });
  const factors = { ...values, device: [name] };
  const evil = part('evil', { factors, folder: '/tmp/../x', devices: [{ ...device!, name }] }, cells);
  const before = readdirSync(base);
  expect(merged(evil).status).toBe('complete');
  expect(readdirSync(base).sort()).toEqual([...before, 'out'].sort());
  expect(readdirSync(join(base, 'out')).sort()).toEqual(['.nanscope', 'cells.jsonl', 'run.json']);
});

it('leaves the parts as they are, one that was cut off in a line too', () => {
  const folder = part('torn');
  const path = join(folder, 'cells.jsonl');
  const torn = `${readFileSync(path, 'utf8')}{"id":"dev`;
  writeFileSync(path, torn);
  merged(folder);
  expect(readFileSync(path, 'utf8')).toBe(torn);
});
