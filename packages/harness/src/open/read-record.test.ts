import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StepLine, type TrainResultRecord, writeJson } from '@nanscope/record';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { trainLane } from '../../../../test/fixtures/records/training.ts';
import { readRecord, withFilesBeside } from './read-record.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-record-'));
afterAll(() => rmSync(base, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(base, String(count++));
  mkdirSync(folder);
});
const put = (text: string, name = 'run.json') => writeFileSync(join(folder, name), text);

const matrix = {
  ...{ schemaVersion: 1, kind: 'matrix', command: 'nanscope matrix', folder: '../../../etc' },
  ...{ status: 'complete', factors: {}, devices: [], cells: 1, asPredicted: 1 },
  ...{ surprises: [], surprisesCut: 0, answers: [] },
};
const cell =
  'device=wasm;attn=eager;fill=select-inf;compose=and;row-guard=zeros;compute-dtype=f32;padding-side=left;keys=0;mode=inference;layers=1;cause=padding;labels=clm;row=0';
const observed = {
  ...{ id: cell, layers: [['........', '........']], nanMap: 'none', leak: 'none', loss: 'finite' },
  ...{ gradients: 'none', origin: 'none', lossValue: 6.05, rowLosses: [6.05], leaks: [] },
  ...{ nanGradients: 0, parameters: 10, originKey: '' },
};

describe('readRecord', () => {
  it('reads a run folder, a lane, a run that was cut off, and what --json wrote', () => {
    writeJson(folder, 'run.json', lane());
    expect(readRecord(folder)).toMatchObject({
      folder,
      record: { kind: 'eval', target: { role: 'target' }, verdict: { code: 'no-reference' } },
    });
    expect(readRecord(join(folder, 'run.json')).folder).toBeUndefined();
    const outer = join(folder, 'outer');
    mkdirSync(join(outer, 'target'), { recursive: true });
    writeJson(join(outer, 'target'), 'run.json', lane({ status: 'running' }));
    expect(readRecord(outer).record).toMatchObject({ verdict: { code: 'lane-failed', exitCode: 130 } });
  });

  it.each([
    ['a truncated file', '{"schemaVersion": 1, "kind": "ev', /run.json: expected JSON/],
    ['an empty file', '', /expected JSON/],
    ['a foreign file', '{"name": "x"}', /without schemaVersion/],
    ['another version', '{"schemaVersion": 2, "kind": "eval"}', /expected schemaVersion 1, found 2/],
    [
      'another schema',
      '{"schema": "nanscope-conform/9", "kind": "conform"}',
      /expected schema .*found "nanscope-conform\/9"/,
    ],
    ['a wrong field', JSON.stringify({ ...matrix, cells: 'many' }), /found a wrong field cells/],
    [
      'depth',
      `{"schemaVersion":1,"kind":"matrix","x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      /nested deeper/,
    ],
  ])('refuses %s in one line', (_, text, message) => {
    put(text);
    expect(() => readRecord(folder)).toThrow(message);
    expect(() => readRecord(folder)).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => readRecord(folder)).toThrow(/^[^\n]*$/);
  });

  it('refuses a place where there is nothing, and a folder of something else', () => {
    expect(() => readRecord(join(folder, 'none'))).toThrow(/found nothing there/);
    expect(() => readRecord(folder)).toThrow(/expected the run.json of a run folder/);
  });

  it('refuses a file too large to be a run, without reading it', () => {
    put('{');
    truncateSync(join(folder, 'run.json'), 2 ** 29);
    expect(() => readRecord(folder)).toThrow(/found a file of 512 MiB/);
  });

  it.skipIf(process.platform === 'win32')(
    'follows no link out of the folder, and opens no pipe (skipped on Windows)',
    async () => {
      const outside = join(base, 'outside.json');
      writeFileSync(outside, JSON.stringify(matrix));
      symlinkSync(outside, join(folder, 'run.json'));
      expect(() => readRecord(folder)).toThrow(/found a link that leads out of it/);
      rmSync(join(folder, 'run.json'));
      execFileSync('mkfifo', [join(folder, 'run.json')]);
      expect(() => readRecord(folder)).toThrow(/expected a plain file/);
      rmSync(join(folder, 'run.json'));
      symlinkSync(base, join(folder, 'target'));
      expect(() => readRecord(folder)).toThrow(/expected the run.json/);
      put(JSON.stringify(matrix));
      symlinkSync(outside, join(folder, 'cells.jsonl'));
      const { record } = readRecord(folder);
      await expect(withFilesBeside(record, folder)).rejects.toThrow(/a link that leads out of it/);
    },
  );
});

describe('withFilesBeside', () => {
  it('holds each cell against the prediction', async () => {
    put(JSON.stringify(matrix));
    put(`${JSON.stringify(observed)}\n`, 'cells.jsonl');
    const { cells } = await withFilesBeside(readRecord(folder).record, folder);
    expect(cells).toHaveLength(1);
    expect(cells![0]).toMatchObject({ id: cell, shown: { loss: 'finite' } });
    expect(cells![0]!.differences).not.toContainEqual(expect.stringMatching(/loss|leak/));
    put(`${JSON.stringify({ ...observed, loss: 'NaN' })}\n`, 'cells.jsonl');
    const broken = await withFilesBeside(readRecord(folder).record, folder);
    expect(broken.cells![0]!.differences).toContainEqual('loss: NaN, predicted finite');
  });

  it('leaves out what an attention refused, and shows a gradient that is infinite', async () => {
    put(JSON.stringify(matrix));
    const lines = [
      { id: cell, refused: 'no softcap' },
      { ...observed, gradients: 'infinite' },
    ];
    put(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'cells.jsonl');
    const { cells } = await withFilesBeside(readRecord(folder).record, folder);
    expect(cells!.map(({ shown }) => shown.gradients)).toEqual(['infinite']);
  });

  it.each([
    ['{"id": "device=wasm;attn=odd"}', /line 1: expected a line of cells.jsonl/],
    ['null', /line 1: expected a line of cells.jsonl/],
    ['{"id": 3}', /line 1: expected a line of cells.jsonl/],
    [JSON.stringify({ ...observed, id: '__proto__=1' }), /expected the id of a cell, found "__proto__=1"/],
  ])('refuses a line that is no cell: %s', async (line, message) => {
    put(JSON.stringify(matrix));
    put(`${line}\n`, 'cells.jsonl');
    const { record } = readRecord(folder);
    await expect(withFilesBeside(record, folder)).rejects.toThrow(message);
  });
});

const step: StepLine = {
  ...{ step: 1, epoch: 1, loss: 1, learningRate: 1e-3, gradNorm: 1, tokens: 8 },
  ...{ tokensPerSecond: 1, seconds: 1, bytes: 1, action: 'update' },
};

it('gradient norms keep a NaN, and steps that the run cannot have had are left out', async () => {
  const lines = [
    { ...step, step: 1, gradNorm: 1.5 },
    { ...step, step: 2, gradNorm: 'NaN' },
    { ...step, step: 4e9, gradNorm: 1 },
  ];
  mkdirSync(join(folder, 'target'));
  put(lines.map((line) => JSON.stringify(line)).join('\n'), 'target/metrics.jsonl');
  const record: TrainResultRecord = {
    ...{ schemaVersion: 1, kind: 'train', command: 'nanscope train', target: trainLane() },
    verdict: { code: 'trained', exitCode: 0, sentence: '', next: '' },
  };
  expect((await withFilesBeside(record, folder)).gradNorms).toEqual({
    target: [
      { step: 1, loss: 1.5 },
      { step: 2, loss: 'NaN' },
    ],
  });
});
