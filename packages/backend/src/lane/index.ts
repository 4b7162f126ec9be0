/**
 * The environment a lane's process needs before it starts: which Vulkan driver it will find, and how loud
 * native code is. Node only; imported dynamically by `laneEnvironment`.
 */
import { chmod, lstat, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorLine } from '@nanscope/errors';
import { makeFolder, unpackSwiftshader } from './swiftshader.ts';
import { findsAdapter, hasSystemVulkan } from './system-vulkan.ts';

/** Where the lane's Vulkan driver comes from, and why. */
export interface GraphicsDriver {
  /**
   * `environment`: the user's own VK_DRIVER_FILES is kept. `system`: an installed driver that finds an adapter,
   * or a platform that needs none. `bundled`: SwiftShader, unpacked by us. `none`: nothing was found.
   */
  readonly source: 'environment' | 'system' | 'bundled' | 'none';
  readonly reason: string;
  /** Variables to set over the parent's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Folders that may hold what we unpack, the best first. */
function cacheFolders(): string[] {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const own = XDG_CACHE_HOME || (HOME || homedir() ? join(HOME || homedir(), '.cache') : '');
  return [
    ...(own ? [join(own, 'nanscope')] : []),
    join(tmpdir(), `nanscope-${process.getuid?.() ?? 'user'}`),
  ];
}

/** Runs `use` in the first cache folder in which it succeeds; the last failure is thrown. */
async function inCache<T>(use: (folder: string) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const folder of cacheFolders()) {
    try {
      await makeFolder(folder);
      // A shared temporary folder may hold a folder of this name that is someone else's.
      const { uid } = await lstat(folder);
      if (uid !== (process.getuid?.() ?? uid)) throw new Error(`${folder} belongs to another user`);
      return await use(folder);
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

/** Mesa wants a private folder for its sockets and complains without one. */
async function runtimeFolder(): Promise<Record<string, string>> {
  if (process.env.XDG_RUNTIME_DIR) return {};
  try {
    const folder = await inCache(async (cache) => {
      const path = join(cache, 'runtime');
      await makeFolder(path);
      await chmod(path, 0o700);
      return path;
    });
    return { XDG_RUNTIME_DIR: folder };
  } catch {
    return {};
  }
}

/** A fresh unpack is tried once: a cache on a file system mounted noexec, say, cannot serve a library. */
async function bundledDriver(cache: string): Promise<Record<string, string>> {
  const { folder, icd, fresh } = await unpackSwiftshader(cache);
  const path = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const environment = { LD_LIBRARY_PATH: path, VK_DRIVER_FILES: icd };
  if (fresh && !(await findsAdapter({ ...process.env, ...environment }))) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`SwiftShader unpacked into ${cache} finds no adapter`);
  }
  return environment;
}

/** Finds a Vulkan driver for the processes this one will start. Never throws. */
export async function graphicsDriver(): Promise<GraphicsDriver> {
  const quiet = process.env.TF_CPP_MIN_LOG_LEVEL ? {} : { TF_CPP_MIN_LOG_LEVEL: '2' };
  if (process.platform !== 'linux') {
    return { source: 'system', reason: `${process.platform} brings its own`, environment: quiet };
  }
  const base = { ...quiet, ...(await runtimeFolder()) };
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) {
    return { source: 'environment', reason: 'VK_DRIVER_FILES is set', environment: base };
  }
  const installed = hasSystemVulkan();
  if (installed && (await findsAdapter({ ...process.env, ...base }))) {
    return { source: 'system', reason: 'an installed Vulkan driver finds an adapter', environment: base };
  }
  const lacking = installed
    ? 'the installed Vulkan drivers find no adapter'
    : 'no Vulkan driver is installed';
  try {
    return {
      source: 'bundled',
      reason: `${lacking}, so SwiftShader of @sparticuz/chromium is used`,
      environment: { ...base, ...(await inCache(bundledDriver)) },
    };
  } catch (cause) {
    return {
      source: 'none',
      reason: `${lacking}, and SwiftShader cannot be used: ${errorLine(cause)}`,
      environment: base,
    };
  }
}
