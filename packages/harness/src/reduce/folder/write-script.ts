/** Puts a script beside what it imports, and tries it. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedPackage } from '@nanscope/backend';
import type { ReducedRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import type { ReportScripts } from '@nanscope/words';
import { said } from './script.ts';
import { packagesOf, type ScriptBackend } from './script-backend.ts';

// Runs reproduce.mjs as its reader would: a process of its own, with the packages that it imports linked beside it for as long.

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
async function runScript(
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

const builtin = ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const;

/** A decided backend as a script opens it. */
export function backendOf(id: string, { backend }: Pick<EvalConfig, 'backend'>): ScriptBackend {
  const own = builtin.find((known) => known === id);
  if (own !== undefined || backend === undefined) return own ?? 'cpu';
  return { module: backend };
}

/** What `npm install` reads, and the same as words for a command line. */
async function manifest(packages: readonly string[]): Promise<{ text: string; dependencies: string[] }> {
  const versions = await Promise.all(
    packages.map(async (name) => [name, (await installedPackage(name))?.version ?? '*'] as const),
  );
  const content = {
    name: 'reduced-case',
    private: true,
    type: 'module',
    scripts: { start: 'node reproduce.mjs' },
    dependencies: Object.fromEntries(versions),
  };
  return {
    text: `${JSON.stringify(content, null, 2)}\n`,
    dependencies: versions.map(([name, version]) => (version === '*' ? name : `${name}@${version}`)),
  };
}

export interface Written {
  readonly codes: NonNullable<ReducedRecord['script']>;
  readonly tensorflow: NonNullable<ReportScripts['tensorflow']>;
}

/**
 * @param backends that the script opens, the suspected one first
 * @param passing whether it has a neighbour to compute
 */
export async function writeScript(
  fresh: string,
  script: string,
  [own, ...others]: readonly [ScriptBackend, ...ScriptBackend[]],
  environment: Readonly<Record<string, string>>,
  passing: boolean,
): Promise<Written> {
  const packages = [...new Set(['@tensorflow/tfjs', ...[own, ...others].flatMap(packagesOf)])];
  const { text, dependencies } = await manifest(packages);
  writeFileSync(join(fresh, 'reproduce.mjs'), script);
  writeFileSync(join(fresh, 'package.json'), text);
  const codes = await runScript(fresh, packages, environment, passing);
  const backend = typeof own === 'string' ? own : own.module;
  return { codes: { backend, ...codes }, tensorflow: { script, packages: dependencies } };
}
