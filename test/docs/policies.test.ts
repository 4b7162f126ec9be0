/** The table of policies in docs/why-nan.md is what its command prints, policy by policy. UPDATE_DOCS=1 writes it. */
import { presetNames } from '@nanscope/attention';
import type { LaneRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import { understood } from './commands.ts';
import { expectPart } from './pages.ts';
import { firstDifference } from './report-blocks.ts';
import { laneRecordOf } from './report-of.ts';

const command =
  'eval --device wasm --reference none --trace off --data docs/examples/lines.txt --batch-size 4';

async function laneOf(policy: string, extra: readonly string[] = []): Promise<LaneRecord> {
  const config = await understood([...command.split(' '), '--policy', policy, ...extra]);
  return laneRecordOf(config!);
}

const lossOf = ({ metrics }: LaneRecord) =>
  typeof metrics!.loss === 'number' ? metrics!.loss.toFixed(5) : metrics!.loss;

const leaksOf = ({ leak }: LaneRecord) => leak!.leaks.length + leak!.leaksCut;

async function rowOf(policy: string): Promise<string> {
  const every = await laneOf(policy);
  const later = await laneOf(policy, ['--ignore-first-token']);
  const leaks = leaksOf(every);
  const seen = leaks === 0 ? 'none' : `${leaks} of ${every.leak!.checked}`;
  return `| \`${policy}\` | ${lossOf(every)} | ${lossOf(later)} | ${seen} |`;
}

it('docs/why-nan.md has the losses and leaks of every policy', async () => {
  const rows: string[] = [];
  for (const policy of presetNames) rows.push(await rowOf(policy));
  const table = [
    '| `--policy` | loss | with `--ignore-first-token` | positions that see their future |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
  expectPart('docs/why-nan.md', 'policies', table, (found, wanted) =>
    expect(firstDifference('policies', found, wanted), 'run it again with UPDATE_DOCS=1').toBeUndefined(),
  );
});
