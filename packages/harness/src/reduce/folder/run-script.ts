/** Runs reproduce.mjs as its reader would: a process of its own, with the packages that it imports linked beside it for as long. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedPackage } from '@nanscope/backend';
import { said } from './script.ts';

const SECONDS = 60;

/** @returns the exit code; null where it ended without saying what it found */
function exitCode(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number | null> {
  // A module of a third party may be TypeScript: what this process was started with reads it.
  const command = [...process.execArgv, join(folder, 'reproduce.mjs'), ...args];
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, timeout: SECONDS * 1000 }, (error, stdout) => {
      const last = stdout.trimEnd().split('\n').at(-1);
      const code = error === null ? 0 : (error as { code?: unknown }).code;
      const told = last?.startsWith(code === 0 ? said.absent : said.there);
      resolve(told && typeof code === 'number' ? code : null);
    });
  });
}

/** @returns the exit codes of the failing and, where there is one, of the passing case */
export async function runScript(
  folder: string,
  packages: readonly string[],
  environment: Readonly<Record<string, string>>,
  passing: boolean,
): Promise<{ readonly failing: number | null; readonly passing?: number | null }> {
  const modules = join(folder, 'node_modules');
  try {
    for (const name of packages) {
      const installed = await installedPackage(name);
      if (!installed) continue;
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(installed.folder, join(modules, name), 'junction');
    }
    const failing = await exitCode(folder, [], environment);
    return { failing, ...(passing && { passing: await exitCode(folder, ['passing'], environment) }) };
  } finally {
    rmSync(modules, { recursive: true, force: true });
  }
}
