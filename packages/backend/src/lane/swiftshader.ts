/**
 * SwiftShader for a bare Linux machine: a Vulkan driver that runs on the CPU, taken from the npm package
 * `@sparticuz/chromium`, so that it comes with the other dependencies and needs no root. Unpacked once into a
 * cache folder; several processes may do so at the same time.
 */

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

// Makes a folder and its parents. Node's own `recursive` never returns below /proc, which refuses every mkdir.

/** Private to the user. Does nothing when it is there. @throws the file system's error otherwise. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw cause;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}

// Reads a ustar archive held in memory: regular files only, which is all that our one archive has.

const block = 512;

function text(header: Uint8Array, from: number, to: number): string {
  return Buffer.from(header.subarray(from, to)).toString('latin1').split('\0', 1)[0]!.trim();
}

/**
 * The regular files of `archive` by base name, as views without a copy.
 *
 * @throws when the archive ends in the middle of a file or a size is not an octal number.
 */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + block <= archive.length) {
    const header = archive.subarray(at, at + block);
    const name = text(header, 0, 100);
    if (name === '') break;
    const size = Number.parseInt(text(header, 124, 136) || '0', 8);
    const start = at + block;
    if (!Number.isSafeInteger(size) || start + size > archive.length) {
      throw new Error(`The tar archive is damaged at byte ${at}: "${name}" claims ${size} bytes.`);
    }
    const type = text(header, 156, 157);
    if (type === '0' || type === '')
      files.set(name.split('/').at(-1)!, archive.subarray(start, start + size));
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}

/** The driver and the Vulkan loader that Dawn opens by name. */
const libraries = ['libvk_swiftshader.so', 'libvulkan.so.1'] as const;
const icdName = 'icd.json';
const manifestName = 'manifest.json';

/** ELF `e_machine` by Node's name of the architecture. */
const machines: Record<string, number> = { x64: 62, arm64: 183 };

interface UnpackedDriver {
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
 * @throws when the package is absent, has no driver for this machine, or `cache` cannot be written.
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
