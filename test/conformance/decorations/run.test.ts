/** Everything that only decorates a result throws, once both lanes are complete: the verdict is given and run.json is there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultRecord } from '@nanscope/record';
import { evalFlags, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { afterAll, expect, it, vi } from 'vitest';
import { evaluate } from '../../../packages/harness/src/evaluate/evaluate.ts';
import { lane } from '../../fixtures/records/lanes.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-decorations-'));
afterAll(() => rmSync(base, { recursive: true }));

const { fail } = vi.hoisted(() => ({
  fail: (what: string) => () => {
    throw new Error(`${what} is broken`);
  },
}));

vi.mock('../../../packages/harness/src/compare/compare-config.ts', async (original) => ({
  ...(await original<object>()),
  environmentDifferences: fail('environment'),
}));
vi.mock('../../../packages/harness/src/compare/compare-cascades.ts', async (original) => ({
  ...(await original<object>()),
  compareCascades: fail('cascade'),
}));
vi.mock('../../../packages/words/src/verdicts/places.ts', () => ({
  originWords: fail('origin'),
  placeWords: fail('place'),
}));
vi.mock('../../../packages/harness/src/shadow/investigate.ts', () => ({ investigate: fail('replay') }));
vi.mock('../../../packages/harness/src/devices/decide.ts', () => ({
  decide: async () => ({ target: lane().decision, reference: lane().decision, environment: {} }),
}));

/** Lanes that have just ended, with this loss at the only label of each. */
let losses: readonly (number | 'NaN')[];
vi.mock('../../../packages/harness/src/lanes/run-lanes.ts', async (original) => ({
  ...(await original<object>()),
  runLanes: async () => {
    for (const [i, role] of (['target', 'reference'] as const).entries()) {
      const folder = join(base, 'run', role);
      mkdirSync(folder, { recursive: true });
      const record = lane({ role });
      const metrics = { ...record.metrics!, loss: losses[i]! };
      const label = {
        row: 0,
        tokens: 2,
        first: 0,
        positions: [1],
        labels: [999],
        losses: [losses[i]],
        answers: [0],
      };
      writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...record, metrics }));
      writeFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(label)}\n`);
    }
    return { target: { status: 'complete' }, reference: { status: 'complete' } };
  },
}));

async function run(...given: readonly (number | 'NaN')[]): Promise<ResultRecord> {
  losses = given;
  rmSync(join(base, 'run'), { recursive: true, force: true });
  const flags = { model: 'tiny', out: join(base, 'run'), limit: '1' };
  const config = toEvalConfig(resolveFlags(evalFlags, flags, undefined));
  await evaluate(config, 'nanscope eval', { onStage() {}, onDecision() {}, onLane() {} });
  return JSON.parse(readFileSync(join(base, 'run/run.json'), 'utf8')) as ResultRecord;
}

it('lanes that differ: the verdict stands, the label has its id, and what is missing is named', async () => {
  const result = await run(1, 2);
  expect(result.verdict).toMatchObject({ code: 'numbers-differ', exitCode: 1 });
  expect(result.comparison?.labels.differing).toMatchObject([{ label: 999, text: '<999>' }]);
  expect(result.leftOut).toEqual([
    'the comparison of the cascades: left out, cascade is broken',
    'what differs between the machines: left out, environment is broken',
    'the replay of a difference: left out, replay is broken',
  ]);
});

it('lanes that are both NaN: the verdict says that its words are missing', async () => {
  const { verdict } = await run('NaN', 'NaN');
  expect(verdict.code).toBe('agree-non-finite');
  expect(verdict.sentence).toContain('origin: left out, origin is broken');
});
