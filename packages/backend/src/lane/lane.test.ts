/** The bundled driver for real: unpacked by several processes, damaged, and used with the system's hidden. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTar, unpackSwiftshader } from './swiftshader.ts';
import { driverFolders } from './system-vulkan.ts';

/** Runs TypeScript source in a new process, as a lane does. */
function run(
  source: string,
  environment: Record<string, string> = {},
): Promise<{ code: number | null; out: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@nanscope/source', '--input-type=module', '--eval', source],
    {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    },
  );
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((settle) => child.once('close', (code) => settle({ code, out })));
}

describe('readTar', () => {
  it('refuses an archive that ends in the middle of a file', () => {
    const header = Buffer.alloc(512);
    header.write('a.so', 0);
    header.write('00000001000', 124);
    header.write('0', 156);
    expect(() => readTar(Buffer.concat([header, Buffer.alloc(100)]))).toThrow(
      /damaged at byte 0: "a.so" claims 512/,
    );
    const whole = readTar(Buffer.concat([header, Buffer.alloc(512, 7), Buffer.alloc(1024)]));
    expect(whole.get('a.so')).toHaveLength(512);
  });
});

describe('driverFolders', () => {
  it('follows the XDG variables, and works without a home', () => {
    const folders = driverFolders({ XDG_DATA_DIRS: '/a:/b', XDG_DATA_HOME: '/h' }, '');
    expect(folders).toEqual(
      expect.arrayContaining(['/a/vulkan/icd.d', '/b/vulkan/icd.d', '/h/vulkan/icd.d', '/etc/vulkan/icd.d']),
    );
    expect(folders).not.toContain('/usr/share/vulkan/icd.d');
  });
});

const here = process.platform === 'linux' && process.arch === 'x64';
const why = here
  ? ''
  : ` (skipped: the package has a driver for linux x64, this is ${process.platform} ${process.arch})`;

describe.skipIf(!here)(`the bundled SwiftShader${why}`, () => {
  let cache: string;
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'nanscope-driver-'));
  });

  it('several processes unpack it at once, and all get the whole', async () => {
    const source = `import { unpackSwiftshader } from './swiftshader.ts';
      process.stdout.write(JSON.stringify(await unpackSwiftshader(${JSON.stringify(cache)})));`;
    const results = await Promise.all([run(source), run(source), run(source)]);
    const folders = results.map(({ code, out }) => {
      expect(code).toBe(0);
      return (JSON.parse(out) as { folder: string }).folder;
    });
    expect(new Set(folders).size).toBe(1);
    expect(await unpackSwiftshader(cache)).toMatchObject({ folder: folders[0], fresh: false });
  });

  it.each(['truncated', 'changed'])('a %s library is unpacked again', async (damage) => {
    const { folder } = await unpackSwiftshader(cache);
    const library = join(folder, 'libvk_swiftshader.so');
    const whole = await readFile(library);
    if (damage === 'truncated') await truncate(library, 1000);
    else await writeFile(library, Buffer.from(whole).fill(0, 5000, 5001));
    expect(await unpackSwiftshader(cache)).toMatchObject({ folder, fresh: true });
    expect((await readFile(library)).equals(whole)).toBe(true);
  });

  it.each([
    ['an empty home', () => cache],
    ['a home that cannot be written', () => '/proc'],
  ])('is what a machine without drivers gets, with %s', async (_, home) => {
    const source = `import { graphicsDriver } from './index.ts';
      process.stdout.write(JSON.stringify(await graphicsDriver()));`;
    const bare = {
      XDG_DATA_DIRS: '/nowhere',
      XDG_CONFIG_DIRS: '/nowhere',
      VK_DRIVER_FILES: '',
      VK_ICD_FILENAMES: '',
    };
    const shared = { XDG_CACHE_HOME: '', XDG_RUNTIME_DIR: '', LD_LIBRARY_PATH: '' };
    const { code, out } = await run(source, { ...bare, ...shared, HOME: home() });
    expect(code).toBe(0);
    const driver = JSON.parse(out);
    expect(driver.source).toBe('bundled');
    expect(driver.environment.VK_DRIVER_FILES).toMatch(/swiftshader-[0-9a-f]{16}\/icd\.json$/);
    expect(driver.environment.XDG_RUNTIME_DIR).toMatch(/runtime$/);
    expect(driver.environment.LD_LIBRARY_PATH).not.toMatch(/:$/);
  });

  it('a process started with it computes on it, with the system drivers hidden', async () => {
    const { folder, icd } = await unpackSwiftshader(cache);
    const source = `import * as tf from '@tensorflow/tfjs';
      import { webgpu } from '../webgpu/index.ts';
      const session = await webgpu.open();
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const product = [...(await tf.matMul(a, a).data())];
      const { limits } = tf.backend().device;
      const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
      process.stdout.write(JSON.stringify({ product, adapter: session.facts.adapter, bytes }), () => process.exit(0));`;
    const { code, out } = await run(source, { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: icd });
    expect(code).toBe(0);
    const result = JSON.parse(out);
    expect(result.product).toEqual([7, 10, 15, 22]);
    expect(result.adapter).toMatchObject({ architecture: 'swiftshader', software: true, api: 'vulkan' });
    expect(result.bytes).toBeGreaterThan(50257 * 768 * 4);
  });
});
