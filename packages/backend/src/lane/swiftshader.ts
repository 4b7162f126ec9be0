/**
 * SwiftShader for a bare Linux machine: a Vulkan driver that runs on the CPU, taken from the npm package
 * `@sparticuz/chromium`, so that it comes with the other dependencies and needs no root. Unpacked once into a
 * cache folder; several processes may do so at the same time.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { makeFolder } from './folder.ts';
import { readTar } from './tar.ts';

/** The driver and the Vulkan loader that Dawn opens by name. */
const libraries = ['libvk_swiftshader.so', 'libvulkan.so.1'] as const;
const icdName = 'icd.json';
const manifestName = 'manifest.json';

/** ELF `e_machine` by Node's name of the architecture. */
const machines: Record<string, number> = { x64: 62, arm64: 183 };

export interface UnpackedDriver {
  /** For LD_LIBRARY_PATH. */
  readonly folder: string;
  /** For VK_DRIVER_FILES. */
  readonly icd: string;
  /** True when this call unpacked it, so that nobody has tried it yet. */
  readonly fresh: boolean;
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** @throws when the package is not installed. */
async function readArchive(): Promise<Buffer> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  // The entry is build/esm/index.js or build/cjs/index.cjs; the archives are in bin/ at the package's root.
  return readFile(join(dirname(entry), '..', '..', 'bin', 'swiftshader.tar.br'));
}

/** True when every file of the folder has the bytes its manifest states: a torn unpack has not. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Record<string, string>;
    const checks = [...libraries, icdName].map(
      async (name) => manifest[name] === sha256(await readFile(join(folder, name))),
    );
    return (await Promise.all(checks)).every(Boolean);
  } catch {
    return false;
  }
}

/** Writes all files beside the place they belong and moves them there in one step. */
async function unpackTo(folder: string, archive: Uint8Array): Promise<void> {
  const files = readTar(brotliDecompressSync(archive));
  const contents: Record<string, Uint8Array> = {
    [icdName]: Buffer.from(
      JSON.stringify({
        file_format_version: '1.0.0',
        ICD: { library_path: join(folder, libraries[0]), api_version: '1.0.5' },
      }),
    ),
  };
  for (const name of libraries) {
    const data = files.get(name);
    if (!data) throw new Error(`the archive of @sparticuz/chromium holds no ${name}`);
    const machine = data[18]! | (data[19]! << 8);
    if (machine !== machines[process.arch])
      throw new Error(`@sparticuz/chromium has no driver for ${process.arch}`);
    contents[name] = data;
  }
  const manifest = Object.fromEntries(Object.entries(contents).map(([name, data]) => [name, sha256(data)]));
  contents[manifestName] = Buffer.from(JSON.stringify(manifest));
  const temporary = `${folder}.${randomUUID()}`;
  try {
    await makeFolder(temporary);
    for (const [name, data] of Object.entries(contents)) await writeFile(join(temporary, name), data);
    await moveInto(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A whole folder that another process put there first is kept; a torn one is moved out of the way. */
async function moveInto(temporary: string, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await rename(temporary, folder);
      return;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
      if (await isWhole(folder)) return;
      const torn = `${folder}.torn-${randomUUID()}`;
      await rename(folder, torn).catch(() => {});
      await rm(torn, { recursive: true, force: true });
    }
  }
  throw new Error(`could not replace the damaged folder ${folder}`);
}

/**
 * Unpacks the driver below `cache` unless it is there and whole.
 *
 * @throws when the package is absent, has no driver for this machine, or `cache` can not be written.
 */
export async function unpackSwiftshader(cache: string): Promise<UnpackedDriver> {
  const archive = await readArchive();
  const folder = join(cache, `swiftshader-${sha256(archive).slice(0, 16)}`);
  const fresh = !(await isWhole(folder));
  if (fresh) {
    await makeFolder(cache);
    await unpackTo(folder, archive);
  }
  return { folder, icd: join(folder, icdName), fresh };
}
