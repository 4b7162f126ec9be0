/** The examples of docs/getting-started.md: the program runs and prints what the page says, the config file is read. */
import { readFileSync } from 'node:fs';
import { evalFlags, readConfigFile, resolveFlags } from '@nanscope/settings';
import { expect, it, vi } from 'vitest';
import { at, blocksOf, expectPart, textOf } from './pages.ts';

const page = 'docs/getting-started.md';

it('the library example stands on the page as it is tested', () => {
  const source = readFileSync(at('test/docs/library-example.ts'), 'utf8').replaceAll('\r\n', '\n');
  expectPart(page, 'library', `\`\`\`ts\n${source.trimEnd()}\n\`\`\``);
});

it('the library example prints what the page says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./library-example.ts');
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
