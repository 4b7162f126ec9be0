/**
 * Makes the finished run that the page shows before anything has run there: a small evaluation of the command line, with
 * one row that is padded on the left under a policy that does not guard it. Only its record is kept, on one line.
 *
 *     pnpm docs:example
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

const command = 'eval --policy torch-mps-2.8 --device gpu --reference javascript --limit 2 --batch-size 2';
const root = new URL('../', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'nanscope-example-'));
try {
  const out = join(folder, 'run');
  const args = ['--conditions=@nanscope/source', 'apps/cli/src/main.ts', ...command.split(' '), '--out', out];
  const run = spawnSync(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: '' },
  });
  if (run.status !== 0) throw new Error(`nanscope ${command}: exit ${run.status}\n${run.stderr}`);
  const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  const text = JSON.stringify({ ...record, command: `nanscope ${command}`, folder: undefined });
  for (const lane of [record.target, record.reference]) lane.config.out = 'run';
  // The version of the kernel says nothing about the run.
  writeFileSync(
    new URL('apps/web/example/run.json', root),
    `${text.replaceAll(release(), '').replaceAll(out, 'runs/mine')}\n`,
  );
  process.stdout.write(`apps/web/example/run.json: ${text.length} bytes\n`);
} finally {
  rmSync(folder, { recursive: true });
}
