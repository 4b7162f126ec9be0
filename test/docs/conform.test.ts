/** docs/conform.md: its example runs and prints what the page says, its report is one, its suites are those there are. */
import { readFileSync } from 'node:fs';
import { kernelCases, metamorphicCases, oracleCases } from '@nanscope/conform';
import { expect, it, vi } from 'vitest';
import { start } from '../integration/cli.ts';
import { at, expectPart } from './pages.ts';

const page = 'docs/conform.md';

it('the example stands on the page as it is tested', () => {
  const source = readFileSync(at('examples/attention-under-the-suite.ts'), 'utf8').replaceAll('\r\n', '\n');
  expectPart(page, 'example', `\`\`\`ts\n${source.trimEnd()}\n\`\`\``);
});

it('the example prints what the page says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../../examples/attention-under-the-suite.ts');
  const said = log.mock.calls.map(([line]) => line).join('\n');
  log.mockRestore();
  expectPart(page, 'example-output', `\`\`\`text\n${said}\n\`\`\``);
});

it('the cases of our own are as many as the page says', () => {
  const counts = {
    metamorphic: metamorphicCases.length,
    oracle: oracleCases.length,
    kernel: kernelCases.length,
  };
  const rows = Object.entries(counts).map(([suite, count]) => `| \`${suite}\` | ${count} |`);
  expectPart(page, 'counts', ['| suite | cases |', '|---|---|', ...rows].join('\n'));
});

/** Without what another machine says otherwise: versions, system, time. */
const timeless = (report: string) =>
  report
    .replace(/Node [\d.]+, \w+\s+\w+/, 'Node')
    .replace(/─+ (\d+ cases), [\d.]+ s/, '$1')
    .replace(/ +[\d.]+ %/g, ' %')
    .replace(/minimum required tolerance[\s\S]*?\n\n/, '');

it('the report is one of a run', async () => {
  const { code, stdout } = await start([
    'conform',
    '--device',
    'wasm',
    '--attn',
    'sdpa',
    '--filter',
    '*policy=safe*',
  ]).ended;
  expect(code).toBe(0);
  expectPart(page, 'report', `\`\`\`text\n${stdout}\`\`\``, (found, wanted) =>
    expect(timeless(found)).toBe(timeless(wanted)),
  );
});
