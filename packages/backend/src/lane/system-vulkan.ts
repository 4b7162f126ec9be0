/**
 * Whether this Linux machine has a Vulkan loader and a driver of its own. Looks at files only; a driver that
 * is installed may still find no device.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

const split = (value: string | undefined) => (value ?? '').split(':').filter((part) => part !== '');

/** The folders in which the Vulkan loader looks for driver manifests. */
export function driverFolders(environment: Environment, home: string): string[] {
  const data = [
    environment.XDG_CONFIG_HOME ?? join(home, '.config'),
    ...split(environment.XDG_CONFIG_DIRS ?? '/etc/xdg'),
    '/etc',
    environment.XDG_DATA_HOME ?? join(home, '.local/share'),
    ...split(environment.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share'),
    '/run/opengl-driver/share',
  ];
  return [...new Set(data)].map((folder) => join(folder, 'vulkan', 'icd.d'));
}

function hasManifest(folder: string): boolean {
  try {
    return readdirSync(folder).some((file) => file.endsWith('.json'));
  } catch {
    return false;
  }
}

/** The dynamic linker's cache lists the library, or it lies in a folder that the linker searches anyway. */
function hasLoader(environment: Environment): boolean {
  const library = 'libvulkan.so.1';
  try {
    if (readFileSync('/etc/ld.so.cache').includes(library)) return true;
  } catch {
    // Distributions without a cache (Nix, Alpine) are covered by the folders below.
  }
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [
    ...split(environment.LD_LIBRARY_PATH),
    '/lib',
    '/lib64',
    '/usr/lib',
    '/usr/lib64',
    `/usr/lib/${multiarch}`,
    '/run/opengl-driver/lib',
  ].some((folder) => existsSync(join(folder, library)));
}

export function hasSystemVulkan(environment: Environment = process.env, home: string = homedir()): boolean {
  return hasLoader(environment) && driverFolders(environment, home).some(hasManifest);
}

// Asks Dawn for an adapter in a child process, because the driver is chosen by the environment at its start.

const script = (dawn: string) => `
import { create, globals } from ${JSON.stringify(dawn)};
Object.assign(globalThis, globals);
const adapter = await create(['backend=vulkan']).requestAdapter();
process.exit(adapter ? 0 : 1);`;

/** True when a process started with `environment` finds a Vulkan adapter within ten seconds. */
export function findsAdapter(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const dawn = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
  return new Promise((settle) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script(dawn)], {
      env: environment,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const done = (found: boolean) => {
      clearTimeout(timer);
      settle(found);
    };
    child.once('error', () => done(false));
    child.once('exit', (code) => done(code === 0));
  });
}
