/** The bundle of a checkout, on a small one: what was edited is what runs, whoever starts at the same time. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleOf, mainOf, openArguments } from '../../apps/cli/scripts/bundle.mjs';

const root = mkdtempSync(join(tmpdir(), 'nanscope-bundle-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const cache = join(root, 'node_modules', '.cache', 'nanscope');
const run = promisify(execFile);
const says = async () => (await run(process.execPath, [mainOf(await bundleOf(root))])).stdout;

beforeAll(() => {
  write('pnpm-lock.yaml', '');
  write('apps/cli/data.txt', 'data');
  write('apps/cli/src/value.ts', "export const value: string = 'one';\n");
  write(
    'apps/cli/src/main.ts',
    `import { readFileSync } from 'node:fs';
    import { UserError } from '@nanscope/errors';
    import { light } from '@nanscope/harness';
    import { value } from './value.ts';
    const data = readFileSync(new URL('../data.txt', import.meta.url), 'utf8');
    const { fail } = await import('@nanscope/harness');
    let same = false;
    try { fail(); } catch (thrown) { same = thrown instanceof UserError; }
    const { named } = await import('@tensorflow/late');
    console.log(value, data, light, same, named);
    const [, , third] = process.argv;
    if (third) console.log('third', (await import(third)).default() instanceof UserError);`,
  );
  write('apps/cli/src/command-line.ts', 'export {};\n');
  write('packages/errors/src/index.ts', 'export class UserError extends Error {}\n');
  write(
    'packages/harness/src/index.ts',
    "import { UserError } from '@nanscope/errors';\nexport const light = 1;\nexport const fail = () => { throw new UserError(); };\n",
  );
  write('packages/report/src/index.ts', 'export const report = 1;\n');
  write('packages/lane/src/main.ts', 'export {};\n');
  // TensorFlow.js is CommonJS, and what is imported late is taken by its names.
  write(
    'node_modules/@tensorflow/late/package.json',
    JSON.stringify({ name: '@tensorflow/late', main: 'index.js' }),
  );
  write('node_modules/@tensorflow/late/index.js', "exports.named = 'named';\n");
  for (const name of ['errors', 'harness', 'report']) {
    const exports = { '.': { '@nanscope/source': `../../../packages/${name}/src/index.ts` } };
    const manifest = { name: `@nanscope/${name}`, type: 'module', sideEffects: false, exports };
    write(`packages/${name}/package.json`, JSON.stringify(manifest));
    // As the package manager links it.
    const source = `export * from '../../../packages/${name}/src/index.ts';\n`;
    write(
      `node_modules/@nanscope/${name}/package.json`,
      JSON.stringify({ ...manifest, exports: './index.ts' }),
    );
    write(`node_modules/@nanscope/${name}/index.ts`, source);
  }
});

it('shares what two parts import, and finds data beside the sources', async () => {
  expect(await says()).toBe('one data 1 true named\n');
});

it('open, shares its packages with a module of a third party, which may be TypeScript', async () => {
  write(
    'third.ts',
    "import { UserError } from '@nanscope/errors';\nconst made: Error = new UserError();\nexport default () => made;\n",
  );
  const { stdout } = await run(process.execPath, [...(await openArguments(root)), join(root, 'third.ts')]);
  expect(stdout).toBe('one data 1 true named\nthird true\n');
});

it('is made once, and anew for a source that has changed', async () => {
  const before = await bundleOf(root);
  expect(await bundleOf(root)).toBe(before);
  write('apps/cli/src/value.ts', "export const value: string = 'two';\n");
  expect(await says()).toBe('two data 1 true named\n');
  write('apps/cli/src/value.test.ts', 'this is no part of it');
  const after = await bundleOf(root);
  expect(after).not.toBe(before);
  write('apps/cli/src/value.test.ts', 'nor is this');
  expect(await bundleOf(root)).toBe(after);
});

it('is made whole by each of several that start at once', async () => {
  write('apps/cli/src/value.ts', "export const value: string = 'three';\n");
  const all = await Promise.all([says(), says(), says(), says()]);
  expect(new Set(all)).toEqual(new Set(['three data 1 true named\n']));
  expect(readdirSync(cache).filter((name) => !/^(bundle|open)-/.test(name))).toEqual([]);
});

it('is not made of a source that cannot be translated', async () => {
  write('apps/cli/src/value.ts', 'export const value: = ;\n');
  const before = readdirSync(cache);
  await expect(bundleOf(root)).rejects.toThrow(/value\.ts/);
  expect(readdirSync(cache)).toEqual(before);
});
