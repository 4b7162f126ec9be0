/** A lane's backend, opened; a device that is lost ends the process and says so. */

import { createRequire } from 'node:module';
import os from 'node:os';
import { type Backend, builtinBackend, loadBackend, type Session } from '@nanscope/backend';
import { deviceNames } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { backendName, type EnvironmentRecord } from '@nanscope/record';
import type { LaneMessage, LaneTaskBase } from '../protocol/task.ts';

// A backend by id: one of ours, or the third-party one that was named with --backend.

/** Names that `--device` and `--reference` give to something else; a backend that had one could not be asked for. */
const reserved = [...deviceNames, 'none'];

/** The backend in the module of `--backend`. @throws {UserError} what `loadBackend` throws */
export const thirdPartyBackend = (file: string): Promise<Backend> => loadBackend(file, { reserved });

/** @throws {UserError} `device/unknown-backend`, and what `loadBackend` throws */
export async function findBackend(id: string, file: string | undefined): Promise<Backend> {
  const own = builtinBackend(id);
  if (own) return own;
  const loaded = file ? await thirdPartyBackend(file) : undefined;
  if (loaded?.id === id) return loaded;
  throw new UserError(
    'device/unknown-backend',
    `Backend "${id}": expected one of ours or the id of the module given with --backend${loaded ? `, which calls itself "${loaded.id}"` : ''}.`,
  );
}

export async function openSession(
  task: Pick<LaneTaskBase, 'config' | 'decision'>,
  say: (message: LaneMessage) => void,
): Promise<Session> {
  say({ kind: 'loading', what: `opening ${backendName(task.decision.backend)}` });
  const session = await (await findBackend(task.decision.backend, task.config.backend)).open();
  session.lost?.then((reason) => {
    say({ kind: 'device-lost', reason });
    setTimeout(() => process.exit(1), 50);
  });
  return session;
}

// The machine and the versions behind a lane's numbers.

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** The version all packages of the workspace share. */
export const nanscopeVersion = version;

export function environmentOf({ facts }: Session): EnvironmentRecord {
  return { ...machineOf(facts.version), strictNumerics: facts.capabilities.strictNumerics };
}

/** Where nothing can be said of the machine: the versions alone. */
export const unknownEnvironment = ({ facts }: Session): EnvironmentRecord => ({
  ...{ nanscope: version, node: process.versions.node, os: process.platform, osVersion: 'unknown' },
  ...{ arch: process.arch, cpu: 'unknown', cores: 0, backendVersion: facts.version },
});

/** @param backendVersion what computes, and its version */
export function machineOf(backendVersion: string): EnvironmentRecord {
  const cpus = os.cpus();
  return {
    nanscope: version,
    node: process.versions.node,
    os: process.platform,
    osVersion: os.release(),
    arch: process.arch,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism?.() ?? cpus.length,
    backendVersion,
  };
}
