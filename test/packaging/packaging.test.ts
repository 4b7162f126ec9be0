/**
 * Each package, packed as for publication and installed from that file into an empty project by npm, can be imported
 * by plain Node and by TypeScript, and its manifest keeps the ecosystem's rules (publint).
 *
 * Runs apart from the other tests: `pnpm build && pnpm test:packaging`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installConsumer, type Packed, packAll, root, run } from './consumer.ts';

let packed: Packed[] = [];
let consumer: Consumer;

beforeAll(async () => {
  consumer = await installConsumer(async (folder) => {
    packed = await packAll(folder);
    return packed;
  });
});

afterAll(() => consumer?.remove());

/** The files of a packed package, with their paths inside it. */
async function filesOf({ tarball }: Packed): Promise<string[]> {
  return (await run('tar', ['-tzf', tarball], root)).trim().split('\n');
}

describe('a packed package', () => {
  test('keeps the rules of publint, with nothing to warn of', async () => {
    for (const subject of packed) {
      const tarball = new Uint8Array(await readFile(subject.tarball)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
      const texts = messages.map((message) => `${subject.name}: ${formatMessage(message, pkg)}`);
      expect(texts).toEqual([]);
    }
  });

  test('holds what was built, a README and no tests', async () => {
    for (const subject of packed) {
      const files = await filesOf(subject);
      expect(files, subject.name).toContain('package/LICENSE');
      expect(files, subject.name).toContain('package/README.md');
      const built = subject.name === 'nanscope' ? /^package\/bin\/.*\.mjs$/ : /^package\/dist\/.*\.js$/;
      expect(files.filter((path) => built.test(path)).length, subject.name).toBeGreaterThan(0);
      expect(files.filter((path) => /\.test\.|tsbuildinfo/.test(path))).toEqual([]);
    }
  });

  test('holds the Python of the torch lane, without its tests', async () => {
    const files = await filesOf(packed.find(({ name }) => name === '@nanscope/lane')!);
    expect(files).toContain('package/torch/nanscope_torch/__main__.py');
    expect(files.filter((path) => /torch\/tests|__pycache__|\.pyc$/.test(path))).toEqual([]);
  });

  test('names versions, not the workspace or its sources', async () => {
    for (const { name } of packed) {
      const text = await readFile(join(consumer.folder, 'node_modules', name, 'package.json'), 'utf8');
      const { scripts, ...manifest } = JSON.parse(text);
      expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|@nanscope\/source/);
    }
  });

  test('is imported by its name in plain Node', async () => {
    for (const { name } of packed.filter(({ importable }) => importable)) {
      const program = `const found = Object.keys(await import('${name}')); console.log(found.length); process.exit(0);`;
      const count = await run(process.execPath, ['--input-type=module', '-e', program], consumer.folder);
      expect(Number(count.trim().split('\n').at(-1)), name).toBeGreaterThan(0);
    }
  });

  test('brings its types', async () => {
    const names = packed.filter(({ importable }) => importable).map(({ name }) => name);
    const lines = names.map(
      (name, i) => `import * as p${i} from '${name}';\nexport const n${i}: object = p${i};`,
    );
    // A name that is not there must be an error: the check would otherwise pass on untyped packages.
    lines.push(
      "import { UserError } from '@nanscope/errors';",
      "export const error = new UserError('usage/extra', 'text');",
    );
    lines.push('// @ts-expect-error', "export const wrong = new UserError(1, 'text');");
    await writeFile(join(consumer.folder, 'consumer.ts'), lines.join('\n'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2023,dom'];
    options.push('--module', 'nodenext', '--moduleResolution', 'nodenext', '--types', '', '--ignoreConfig');
    await run(join(root, 'node_modules', '.bin', 'tsc'), [...options, 'consumer.ts'], consumer.folder);
  });
});

/** As a user starts it in a folder that has it installed. */
const nanscope = (...args: string[]) => run('npx', ['nanscope', ...args], consumer.folder);
const lanes = ['--reference', 'wasm', '--limit', '2'];

describe('the command in an empty project', () => {
  test('answers without loading TensorFlow.js', async () => {
    const spy = join(consumer.folder, 'loaded.cjs');
    const list = "process.on('exit', () => console.log(Object.keys(require.cache).join('\\n')));";
    await writeFile(spy, list);
    const command = join(consumer.folder, 'node_modules', 'nanscope', 'bin', 'nanscope.mjs');
    const tensorflow = /[\\/]@tensorflow[\\/]/;
    const spied = (...args: string[]) =>
      run(process.execPath, ['--require', spy, command, ...args], consumer.folder);
    const version = await spied('--version');
    expect(version).toContain(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version);
    expect(version).toContain('loaded.cjs');
    expect(version).not.toMatch(tensorflow);
    expect(await spied('eval', '--help')).not.toMatch(tensorflow);
  });

  test('evaluates', async () => {
    expect(await nanscope('--help')).toContain('eval');
    expect(await nanscope('eval', '--device', 'javascript', ...lanes)).toContain('The devices agree');
  });

  test('has its documentation with it', async () => {
    expect(await nanscope('docs', 'left', 'padding')).toMatch(/^why-nan: /);
    expect(await nanscope('docs', 'words')).toContain('# The words of the reports');
  });

  test("loads a third party's backend, which shares its packages", async () => {
    const source = await readFile(join(root, 'examples', 'backend.ts'), 'utf8');
    const { code } = await transform(source, { loader: 'ts' });
    await writeFile(join(consumer.folder, 'backend.mjs'), code);
    const mirror = ['--backend', './backend.mjs', '--device', 'mirror'];
    expect(await nanscope('eval', ...mirror, ...lanes)).toContain('The devices agree');
  });

  test('says what npm can do about a package that is not there', async () => {
    const refused = await nanscope('eval', '--device', 'tensorflow').catch(String);
    expect(refused).toContain('npm install --include=optional && npm rebuild @tensorflow/tfjs-node');
  });

  test('names what is in it of others', async () => {
    const bundle = join(consumer.folder, 'node_modules', '@nanscope', 'cli', 'dist', 'bundle');
    const text = await readFile(join(bundle, 'third-party.txt'), 'utf8');
    expect(text).toMatch(/^zod\n\n/m);
  });
});
