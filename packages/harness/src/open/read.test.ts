import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLane, readRun, writeJson } from '@nanscope/record';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { generation, lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { compareRuns, readTraces } from '../compare/compare-folders.ts';
import { cascade } from '../compare/testing/judged.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-read-'));
afterAll(() => rmSync(base, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(base, String(count++));
  mkdirSync(folder);
});
const put = (text: string) => writeFileSync(join(folder, 'run.json'), text);

describe('readRun', () => {
  it('gives back a lane as it was written, NaN as its word', () => {
    const record = lane({ metrics: nanMetrics });
    writeJson(folder, 'run.json', record);
    expect(readRun(folder)).toEqual(record);
  });

  it.each([
    ['JSON that is not ours', '{"name": "x"}', /expected a nanscope run, found JSON without schemaVersion/],
    ['a list', '[]', /without schemaVersion/],
    ['null', 'null', /without schemaVersion/],
    ['another version', '{"schemaVersion": 99}', /expected schemaVersion 1, found 99/],
    ['a torn file', '{"schemaVersion": 1, ', /run.json: expected JSON/],
    ['a wrong field', JSON.stringify(lane({ status: 'odd' as never })), /found a wrong field status/],
    [
      'an unknown kind',
      '{"schemaVersion": 1, "kind": "recipe"}',
      /expected a kind of eval, .*, reduce, reduce-op, found "recipe"/,
    ],
    [
      'a kind that is no word',
      '{"schemaVersion": 1, "kind": ["eval"]}',
      /a kind of eval, .*, found \["eval"\]/,
    ],
    ['no kind', '{"schemaVersion": 1}', /expected a kind of eval, .*, found undefined/],
  ])('refuses %s in one line', (_, text, message) => {
    put(text);
    expect(() => readRun(folder)).toThrow(message);
  });

  it('refuses a folder without run.json', () => {
    expect(() => readRun(folder)).toThrow(/expected the run.json of a run folder, found nothing there\.$/);
  });
});

describe('readLane', () => {
  it('is undefined where the lane never began', () => {
    expect(readLane(folder)).toBeUndefined();
  });
});

const header = (batch: number, count: number) =>
  JSON.stringify({
    type: 'batch',
    batch,
    source: { backend: 'cpu', strictNumerics: true, method: 'bits' },
    externals: {},
    lines: count,
    ops: count,
  });
const op = JSON.stringify({
  type: 'op',
  key: 'k',
  phase: 'forward',
  path: '',
  kernel: 'K',
  call: 0,
  output: 0,
  shape: [1],
  dtype: 'float32',
  inputs: [],
  health: { size: 1, nan: 0, posInf: 0, negInf: 0 },
});

describe('readTraces', () => {
  it('reads the first batch and those that are wanted, and leaves out one that was cut off', async () => {
    writeFileSync(
      join(folder, 'health.jsonl'),
      [header(0, 1), op, header(1, 1), op, header(2, 2), op.slice(0, 20)].join('\n'),
    );
    expect([...(await readTraces(folder, new Set<number>())).keys()]).toEqual([0]);
    expect([...(await readTraces(folder, new Set([1, 2, 5]))).keys()]).toEqual([0, 1]);
  });

  it('a run without a trace has none', async () => {
    expect((await readTraces(folder, new Set([0]))).size).toBe(0);
  });
});

describe('compareRuns', () => {
  it('says in one line that nothing was measured', async () => {
    const { metrics: _, ...started } = lane({ status: 'running' });
    writeJson(folder, 'run.json', started);
    await expect(compareRuns(folder, folder, { rtol: 0, atol: 0 }, 'c')).rejects.toMatchObject({
      code: 'compare/nothing',
      exitCode: 2,
    });
  });

  it('holds the ops of loops without a loss against each other', async () => {
    const { origin: _origin, ...clean } = cascade;
    const { metrics: _, ...loop } = lane({ cascade: clean });
    const other = join(folder, 'other');
    mkdirSync(other);
    const poisoned = op.replace('"nan":0', '"nan":1');
    expect(poisoned).not.toBe(op);
    const compared = async (line: string) => {
      for (const [place, each] of [
        [folder, op],
        [other, line],
      ] as const) {
        writeJson(place, 'run.json', loop);
        writeFileSync(join(place, 'health.jsonl'), `${header(0, 1)}\n${each}\n`);
      }
      const { comparison, verdict } = await compareRuns(folder, other, { rtol: 0, atol: 0 }, 'c');
      return { ops: comparison!.ops, verdict };
    };
    const same = await compared(op);
    expect(same).toMatchObject({
      ops: { aligned: 1, divergent: 0 },
      verdict: { code: 'agree', exitCode: 0 },
    });
    expect(same.verdict.sentence).toContain(
      'Neither run has a loss; of 1 op that both traced, none differs in class.',
    );
    expect(await compared(poisoned)).toMatchObject({ ops: { divergent: 1 }, verdict: { exitCode: 1 } });
  });

  it('refuses a generation, which has no losses, and says what compares devices', async () => {
    writeJson(folder, 'run.json', generation());
    await expect(compareRuns(folder, folder, { rtol: 0, atol: 0 }, 'c')).rejects.toMatchObject({
      code: 'compare/kind',
      exitCode: 2,
      message: expect.stringMatching(/^[^\n]*found a generation, [^\n]*nanscope eval --data FILE[^\n]*$/),
    });
  });

  it('refuses an evaluation that ended before its lane began', async () => {
    writeJson(folder, 'run.json', {
      schemaVersion: 1,
      kind: 'eval',
      command: 'c',
      verdict: { code: 'lane-failed', exitCode: 1, sentence: 's', next: 'n' },
    });
    await expect(compareRuns(folder, folder, { rtol: 0, atol: 0 }, 'c')).rejects.toMatchObject({
      code: 'run-folder/no-lane',
    });
  });
});
