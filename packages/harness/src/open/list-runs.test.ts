import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { listRuns } from './list-runs.ts';

const root = mkdtempSync(join(tmpdir(), 'nanscope-runs-'));
afterAll(() => rmSync(root, { recursive: true }));

function put(name: string, text: string, seconds: number): void {
  mkdirSync(join(root, name));
  const file = join(root, name, 'run.json');
  writeFileSync(file, text);
  utimesSync(file, seconds, seconds);
}

it('lists runs newest first, and names a broken one', () => {
  const verdict = { code: 'no-reference', exitCode: 1, sentence: 's', next: 'n' };
  const head = { schemaVersion: 1, kind: 'eval', command: 'nanscope eval', verdict };
  put('old', JSON.stringify({ ...head, target: lane() }), 1000);
  put('new', JSON.stringify({ ...head, target: lane({ metrics: nanMetrics }) }), 2000);
  put('torn', '{"schemaVersion": 1, ', 3000);
  mkdirSync(join(root, 'notes'));
  writeFileSync(join(root, 'file.txt'), 'x');
  const { runs, older, broken } = listRuns(root, 20);
  expect(runs.map(({ folder, loss, command, exitCode }) => [folder, loss, command, exitCode])).toEqual([
    [join(root, 'new'), 'NaN', 'eval', 1],
    [join(root, 'old'), lane().metrics!.loss, 'eval', 1],
  ]);
  expect(runs[0]).toMatchObject({ model: lane().model.name, date: '1970-01-01T00:33:20.000Z' });
  expect(older).toBe(0);
  expect(broken).toEqual([expect.stringContaining('torn')]);
  expect(listRuns(root, 1)).toMatchObject({ runs: [], older: 2, broken: [expect.anything()] });
});

it('a folder that is not there is the mistake of the user', () => {
  expect(() => listRuns(join(root, 'nothing'), 20)).toThrow(
    expect.objectContaining({ code: 'run-folder/missing' }),
  );
});
