/** The array job and the Kubernetes job of docs/many-machines.md: each is run with a `nanscope` that only says what it was given. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { understood } from './commands.ts';
import { at } from './pages.ts';

const script = at('docs/examples/array-job.sh');
const base = mkdtempSync(join(tmpdir(), 'many-machines-'));
const runs = join(base, 'runs');
beforeAll(() => {
  writeFileSync(join(base, 'nanscope'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  chmodSync(join(base, 'nanscope'), 0o755);
  for (const part of [1, 2]) mkdirSync(join(runs, `part-${part}`), { recursive: true });
  writeFileSync(join(runs, 'part-2', 'cells.jsonl'), '');
});
afterAll(() => rmSync(base, { recursive: true }));

/** The words that `nanscope` was given, which the real parser has to understand. */
async function words(program: string, args: readonly string[], variables: Record<string, string>) {
  const { PATH } = process.env;
  const env = { PATH: `${base}${delimiter}${PATH}`, ...variables };
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', env });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const said = stdout.trimEnd().split('\n');
  await understood(said);
  return said;
}
const given = (said: readonly string[], flag: string) => said[said.indexOf(flag) + 1];

describe.skipIf(process.platform === 'win32')(
  'the array job (skipped on Windows: it is a shell script)',
  () => {
    const task = (variables: Record<string, string>, ...args: string[]) =>
      words('bash', [script, ...args], { RUNS: runs, ...variables });

    it('is a script that bash understands', () => {
      expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    });

    it('gives every task of its array a part of its own, and all of them together the whole', async () => {
      const [, first, last] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(readFileSync(script, 'utf8'))!;
      const indices = Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
      const said = await Promise.all(indices.map((index) => task({ SLURM_ARRAY_TASK_ID: String(index) })));
      expect(said.map((line) => given(line, '--shard'))).toEqual(
        indices.map((i) => `${i}/${indices.length}`),
      );
      expect(new Set(said.map((line) => given(line, '--out'))).size).toBe(indices.length);
    });

    it.each(['PBS_ARRAY_INDEX', 'LSB_JOBINDEX', 'SGE_TASK_ID'])(
      'knows its task by %s as well',
      async (name) => {
        expect(given(await task({ [name]: '5' }), '--shard')).toBe('5/8');
      },
    );

    it('goes on where a task was interrupted, and takes timings where there are some', async () => {
      expect(await task({ SLURM_ARRAY_TASK_ID: '1' })).not.toContain('--resume');
      expect(await task({ SLURM_ARRAY_TASK_ID: '2' })).toContain('--resume');
      mkdirSync(join(runs, 'timings'));
      writeFileSync(join(runs, 'timings', 'run.json'), '');
      expect(given(await task({ SLURM_ARRAY_TASK_ID: '1' }), '--timings')).toBe(join(runs, 'timings'));
    });

    it('merges every part', async () => {
      const said = await task({}, 'merge');
      expect(said.slice(0, 3)).toEqual(['merge', join(runs, 'part-1'), join(runs, 'part-2')]);
    });

    it('outside of an array says what it misses', () => {
      const { stderr, status } = spawnSync('bash', [script], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      });
      expect(stderr).toContain('expected an array job');
      expect(status).not.toBe(0);
    });
  },
);

describe('the Kubernetes jobs', () => {
  const documents = parseAllDocuments(readFileSync(at('docs/examples/kubernetes.yaml'), 'utf8'));
  const [parts, merge] = documents.map((document) => document.toJS());
  const container = (job: typeof parts) => job.spec.template.spec.containers[0];

  it('are YAML without a mistake, of an Indexed Job and one for the merge', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents).toHaveLength(2);
    expect(parts).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job', spec: { completionMode: 'Indexed' } });
    expect(merge).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job' });
    for (const job of [parts, merge]) {
      const { volumes, restartPolicy } = job.spec.template.spec;
      expect(restartPolicy).toBe('Never');
      expect(container(job).volumeMounts.map(({ name }: { name: string }) => name)).toEqual(
        volumes.map(({ name }: { name: string }) => name),
      );
    }
    const named = parts.spec.podFailurePolicy.rules.map(
      (rule: { onExitCodes: { containerName: string } }) => rule.onExitCodes.containerName,
    );
    expect(new Set(named)).toEqual(new Set([container(parts).name]));
  });

  it.skipIf(process.platform === 'win32')(
    'give every pod a part of its own, and merge them (skipped on Windows: they run in sh)',
    async () => {
      const { completions } = parts.spec;
      const told = async (job: typeof parts, variables: Record<string, string>) => {
        const { command, args } = container(job);
        return words(command[0], [...command.slice(1), ...args], variables);
      };
      const said = await Promise.all(
        Array.from({ length: completions }, (_, i) => told(parts, { JOB_COMPLETION_INDEX: String(i) })),
      );
      expect(said.map((line) => given(line, '--shard'))).toEqual(
        Array.from({ length: completions }, (_, i) => `${i + 1}/${completions}`),
      );
      expect(new Set(said.map((line) => given(line, '--out'))).size).toBe(completions);
      expect((await told(merge, {})).slice(0, 2)).toEqual(['merge', '/runs/part-*']);
    },
  );
});
