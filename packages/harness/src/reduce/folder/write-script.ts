/** Puts a script beside what it imports, and tries it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedPackage } from '@nanscope/backend';
import type { ReducedRecord } from '@nanscope/record';
import type { ReportScripts } from '@nanscope/report';
import type { EvalConfig } from '@nanscope/settings';
import { runScript } from './run-script.ts';
import { packagesOf, type ScriptBackend } from './script-backend.ts';

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
