/**
 * What the packaging test works with: the workspace's packages packed as for publication, and an empty project that
 * has them installed from those files. Nothing here knows the workspace's sources.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a command to its end. Rejects with its output when it fails. */
export async function run(command: string, args: string[], cwd: string): Promise<string> {
  // On Windows npm, pnpm and tsc are command scripts, which only a shell starts.
  const shell = process.platform === 'win32' && command !== process.execPath;
  // pnpm points NODE_PATH at the workspace's packages, where an installed one would find what it does not have.
  const { NODE_PATH, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      ...{ cwd, env, shell },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`);
  }
}

export interface Packed {
  /** Name under which it is published. */
  name: string;
  /** Folder in the workspace. */
  folder: string;
  /** Path of the packed file. */
  tarball: string;
  /** Whether it has an entry that can be imported, rather than a command only. */
  importable: boolean;
}

/** Packs every package and app of the workspace that is published into `destination`. They must be built. */
export async function packAll(destination: string): Promise<Packed[]> {
  await mkdir(destination, { recursive: true });
  const published: Packed[] = [];
  for (const parent of ['packages', 'apps']) {
    for (const entry of (await readdir(join(root, parent))).sort()) {
      const folder = join(root, parent, entry);
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8').catch(() => 'null'));
      if (manifest === null || manifest.private === true) continue;
      const { name, version, exports, bin } = manifest;
      published.push({
        ...{ name, folder },
        tarball: join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
        importable: exports !== undefined && bin === undefined,
      });
    }
  }
  const filters = published.map(({ name }) => `--filter=${name}`);
  await run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', destination], root);
  return published;
}

export interface Consumer {
  folder: string;
  remove: () => Promise<void>;
}

/** An empty project outside the repository that depends on the packed files, installed by npm. */
export async function installConsumer(packed: (folder: string) => Promise<Packed[]>): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'nanscope-consumer-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const dependencies = Object.fromEntries(
      (await packed(join(folder, 'tarballs'))).map(({ name, tarball }) => [name, `file:${tarball}`]),
    );
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ type: 'module', private: true, dependencies }),
    );
    const quick = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...quick], folder);
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
