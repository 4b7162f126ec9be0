import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackend } from './load-backend.ts';

const example = new URL('../../../examples/backend.ts', import.meta.url).href;

describe('the worked example', () => {
  it('is probed, opened, computes, and goes away', async () => {
    const backend = await loadBackend(example);
    expect(await backend.probe()).toMatchObject({ id: 'mirror', available: true });
    const session = await backend.open();
    expect(tf.getBackend()).toBe('mirror');
    const product = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])));
    expect([...(await product.data())]).toEqual([3, 3, 3, 3]);
    product.dispose();
    await session.dispose();
    expect(tf.getBackend()).toBe('cpu');
    await (await backend.open()).dispose();
  });
});

describe('a file that is no backend', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nanscope-load-'));
  });

  const write = async (name: string, source: string) => {
    const file = join(folder, name);
    await writeFile(file, source);
    return file;
  };
  const body =
    'probe: async () => ({ available: true, facts: { version: "1", capabilities: {} } }), open: async () => ({})';

  it.each([
    [
      'a file that is not there',
      undefined,
      'backend/file-missing',
      /expected a JavaScript module, found nothing/,
    ],
    ['a syntax error', 'export default {', 'backend/file-broken', /cannot be imported/],
    [
      'a package that is not there',
      'import "@nanscope/not-there"; export default {};',
      'backend/file-broken',
      /Cannot find package.*npm install nanscope @nanscope\/backend @tensorflow\/tfjs @nanscope\/not-there$/,
    ],
    ['no default export', 'export const id = "x";', 'backend/bad-shape', /no default export/],
    [
      'a string',
      'export default "x";',
      'backend/bad-shape',
      /lacks id \(a string\), probe \(a function\), open/,
    ],
    [
      'no open',
      'export default { id: "x", probe() {} };',
      'backend/bad-shape',
      /lacks open \(a function\)\./,
    ],
    ['a bad id', `export default { id: "My Backend", ${body} };`, 'backend/bad-shape', /lower-case letters/],
    [
      'the id of ours',
      `export default { id: "wasm", ${body} };`,
      'backend/id-taken',
      /"wasm", which is taken/,
    ],
    ['a device name', `export default { id: "gpu", ${body} };`, 'backend/id-taken', /"gpu", which is taken/],
  ])('%s', async (name, source, code, message) => {
    const file =
      source === undefined
        ? join(folder, 'absent.mjs')
        : await write(`${name.replaceAll(' ', '-')}.mjs`, source);
    const loading = loadBackend(file, { reserved: ['gpu'] });
    await expect(loading).rejects.toMatchObject({ code, exitCode: 2 });
    await expect(loading).rejects.toThrow(message);
  });

  it('a folder', async () => {
    await expect(loadBackend(folder)).rejects.toThrow(/found a folder/);
  });

  it('a probe that throws, or says nothing, is an absent backend', async () => {
    const thrower = await loadBackend(
      await write(
        'thrower.mjs',
        'export default { id: "x", probe() { throw new Error("no luck"); }, open() {} };',
      ),
    );
    expect(await thrower.probe()).toMatchObject({ id: 'x', available: false, reason: 'no luck' });
    const silent = await loadBackend(
      await write('silent.mjs', 'export default { id: "x", async probe() {}, open() {} };'),
    );
    expect(await silent.probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining('available'),
    });
  });

  it('an open that fails is exit code 3; one that does not activate its backend says so', async () => {
    const failing = await loadBackend(
      await write(
        'failing.mjs',
        'export default { id: "x", probe() {}, async open() { throw new Error("no luck"); } };',
      ),
    );
    await expect(failing.open()).rejects.toMatchObject({ exitCode: 3 });
    const idle = await loadBackend(
      await write(
        'idle.mjs',
        'export default { id: "x", probe() {}, open: async () => ({ tfjsName: "x", facts: {}, notes: [], dispose() {} }) };',
      ),
    );
    await expect(idle.open()).rejects.toThrow(/await tf\.setBackend\("x"\)/);
  });
});
