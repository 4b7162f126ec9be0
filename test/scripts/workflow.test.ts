/** The hosted workflow is YAML that parses, covers the promised matrix, and runs README's commands. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const text = readFileSync(new URL('../../.github/workflows/ci.yml', import.meta.url), 'utf8');
const workflow = parse(text);
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

interface Step {
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
}

const steps: Step[] = workflow.jobs.run.steps;

describe('the workflow', () => {
  test('runs every system with every supported Node line and both devices', () => {
    expect(workflow.jobs.run.strategy).toEqual({
      'fail-fast': false,
      matrix: {
        os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
        node: [20, 22, 24],
        device: ['cpu', 'gpu'],
      },
    });
  });

  test('runs the two commands, which package.json knows', () => {
    const commands = steps.map(({ run }) => run);
    expect(commands).toContain('npm test');
    expect(commands).toContain('npm start');
    expect(Object.keys(manifest.scripts)).toEqual(
      expect.arrayContaining(['start', 'test', 'test:packaging']),
    );
  });

  test('keeps the run folders whatever came of the run', () => {
    const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload).toMatchObject({ if: 'always()', with: { path: 'runs/' } });
    const parts = ['matrix.os', 'matrix.node', 'matrix.device'];
    for (const part of parts) expect(upload?.with?.name).toContain(part);
  });

  test('pins the major version of every action and needs no secret', () => {
    const jobs = Object.values<{ steps: Step[] }>(workflow.jobs);
    const actions = jobs.flatMap((job) => job.steps.flatMap(({ uses }) => uses ?? []));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    expect(text).not.toMatch(/secrets\./);
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });
});

test('package.json scripts run in any shell', () => {
  for (const [name, script] of Object.entries<string>(manifest.scripts)) {
    // cmd knows `&&`, and neither quotes in ' nor variables, pipes of its own kind, `;` or assignments.
    expect(script, name).toMatch(/^[\w@:./ =&-]+$/);
    expect(script, name).not.toMatch(/(?:^|&& )\w+=/);
  }
});

test('the scripts fetch the pnpm that packageManager names', () => {
  const scripts = Object.values<string>(manifest.scripts);
  const fetched = scripts.flatMap((script) => script.match(/\bpnpm@\S+/g) ?? []);
  expect(fetched.length).toBeGreaterThan(0);
  expect(new Set(fetched)).toEqual(new Set([manifest.packageManager]));
});
