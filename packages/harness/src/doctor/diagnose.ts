/** What this machine offers: versions, backends with their adapters, and why a backend is missing. */
import os from 'node:os';
import { laneEnvironment, loadBackend, type Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { nanscopeVersion } from '../lane/environment.ts';
import { probeAttention, probeBackend } from '../probe/probe-devices.ts';

export interface Diagnosis {
  readonly nanscope: string;
  readonly node: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly backends: readonly {
    readonly probe: Probe;
    readonly attention: readonly AttentionProbeOutcome[];
  }[];
}

async function diagnoseBackend(id: string, environment: Readonly<Record<string, string>>, file?: string) {
  const probe = await probeBackend(id, environment, file);
  return { probe, attention: probe.available ? await probeAttention(id, environment, file) : [] };
}

export async function diagnose(backendFile?: string): Promise<Diagnosis> {
  const environment = await laneEnvironment();
  const thirdParty = backendFile ? (await loadBackend(backendFile)).id : undefined;
  const backends = [];
  for (const id of ['webgpu', 'tensorflow', 'wasm', 'cpu'])
    backends.push(await diagnoseBackend(id, environment));
  if (thirdParty) backends.push(await diagnoseBackend(thirdParty, environment, backendFile));
  const cpus = os.cpus();
  return {
    nanscope: nanscopeVersion,
    node: process.versions.node,
    os: `${process.platform} ${os.release()} (${os.version()})`,
    arch: process.arch,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    environment,
    backends,
  };
}
