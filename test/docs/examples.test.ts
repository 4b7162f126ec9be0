/** The examples run and print what the pages say, the workflow's commands do what it wants of them, the config file is read. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evalFlags, readConfigFile, resolveFlags } from '@nanscope/settings';
import { afterAll, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { start as startCommand } from '../integration/cli.ts';
import { understood } from './commands.ts';
import { at, blocksOf, expectPart, textOf } from './pages.ts';

const page = 'docs/getting-started.md';

it('the library example stands on the page as it is tested', () => {
  const source = readFileSync(at('examples/trace-attention.ts'), 'utf8').replaceAll('\r\n', '\n');
  expectPart(page, 'library', `\`\`\`ts\n${source.trimEnd()}\n\`\`\``);
});

it('the library example prints what the page says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../../examples/trace-attention.ts');
  const said = log.mock.calls.map(([line]) => line).join('\n');
  log.mockRestore();
  expectPart(page, 'library-output', `\`\`\`text\n${said}\n\`\`\``);
});

it('the config file on the page is the one in docs/examples, and every key of it is a flag', async () => {
  const path = 'docs/examples/eval.yaml';
  const values = await readConfigFile(at(path), evalFlags);
  expect(() => resolveFlags(evalFlags, {}, { path, values })).not.toThrow();
  const shown = blocksOf(textOf(page)).find(({ language }) => language === 'yaml');
  expect(shown?.text).toBe(readFileSync(at(path), 'utf8').replaceAll('\r\n', '\n').trimEnd());
});

const place = mkdtempSync(join(tmpdir(), 'nanscope-examples-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

it.each(['evaluate', 'trace-your-model', 'policy'])('examples/%s.ts prints what its page says', (name) => {
  const node = ['--conditions=@nanscope/source', '--import', 'tsx', at(`examples/${name}.ts`)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, join(place, name)], {
    cwd: at('.'),
    env: { ...process.env, CI: undefined }, // there a NaN that was asked for fails as well
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  expectPart('examples/README.md', name, `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``);
});

it('examples/backend.ts runs beside a backend of ours', async () => {
  const words = ['--backend', at('examples/backend.ts'), '--device', 'mirror', '--reference', 'wasm'];
  const { code, stdout, stderr } = await startCommand([
    'eval',
    ...words,
    '--limit',
    '4',
    '--out',
    join(place, 'mirror'),
  ]).ended;
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('mirror');
});

interface Workflow {
  readonly jobs: {
    readonly nan: {
      readonly strategy: { readonly matrix: { readonly device: readonly string[] } };
      readonly steps: readonly { readonly run?: string }[];
    };
  };
}

it('the commands of the workflow are those of this version, understood, and leave what it keeps', async () => {
  const { nan } = (parse(readFileSync(at('examples/github-workflow.yml'), 'utf8')) as Workflow).jobs;
  const { version } = JSON.parse(readFileSync(at('apps/cli/package.json'), 'utf8'));
  const start = `npx --yes nanscope@${version} `;
  const lines = nan.steps.flatMap((step) => (step.run?.includes(' nanscope@') ? [step.run] : []));
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line.startsWith(start), line).toBe(true);
    const on = (device: string) =>
      line
        .slice(start.length)
        .replace(/\${{ matrix\.device }}/, device)
        .split(' ');
    for (const device of nan.strategy.matrix.device) await understood(on(device));
    const { code, stdout, stderr } = await startCommand(on('wasm'), { cwd: place }).ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^::(notice|warning)/m);
  }
  expect(existsSync(join(place, 'runs/nan/report.html'))).toBe(true);
});
