/** The machine and the versions behind a lane's numbers. */
import { createRequire } from 'node:module';
import os from 'node:os';
import type { Session } from '@nanscope/backend';
import type { EnvironmentRecord } from '@nanscope/record';

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
