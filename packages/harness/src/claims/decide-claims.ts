/** The cells and questions that the claims need, on every device, and what they make of them; where they are run is the laboratory's business. */
import { UserError } from '@nanscope/errors';
import {
  cellId,
  claimCells,
  type DeviceObservations,
  judgeClaims,
  type KernelFacts,
} from '@nanscope/experiments';
import { type ObservedCell, throwUserError } from '@nanscope/lane';
import { backendName, type ClaimsRecord, SCHEMA_VERSION } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import {
  deviceNames,
  type ExperimentHooks,
  type Laboratory,
  type NamedDevice,
} from '../experiments/named-devices.ts';

export interface ClaimsConfig extends Pick<EvalConfig, 'backend' | 'laneTimeout' | 'json' | 'reporter'> {
  readonly device?: string;
  readonly markdown?: string;
}

export interface ClaimsOutcome {
  readonly status: 'complete' | 'incomplete' | 'interrupted';
  /** One line a device that did not end well. */
  readonly failures: readonly string[];
  /** Over the devices that did; absent where none did. */
  readonly record?: ClaimsRecord;
}

/**
 * @param command The command line as typed, for the result.
 * @throws {UserError} for what is wrong in the configuration
 */
export async function decideClaims<Device extends NamedDevice>(
  config: Pick<ClaimsConfig, 'device'>,
  command: string,
  laboratory: Laboratory<Device>,
  hooks: ExperimentHooks,
): Promise<ClaimsOutcome> {
  const devices = await devicesFor(config, laboratory, hooks);
  if (!devices) return { status: 'interrupted', failures: [] };
  const seen: (DeviceObservations & { readonly decided: NamedDevice })[] = [];
  const failures: string[] = [];
  for (const device of devices) {
    const observed = await observe(device, laboratory, hooks);
    if (typeof observed === 'string') failures.push(`${device.name}: ${observed}`);
    else seen.push({ ...observed, decided: device });
  }
  const interrupted = hooks.signal?.aborted ?? false;
  const status = interrupted ? 'interrupted' : failures.length > 0 ? 'incomplete' : 'complete';
  if (seen.length === 0) return { status, failures };
  const record: ClaimsRecord = {
    schemaVersion: SCHEMA_VERSION,
    kind: 'claims',
    command,
    devices: seen.map(({ decided: { name, decision, gpu }, cells }) => ({
      ...{ name, gpu, cells: cells.size },
      label: decision.label,
      backend: decision.backend,
    })),
    findings: judgeClaims(seen).map((finding) => ({ ...finding })),
  };
  return { status, failures, record };
}

/** Named devices must be there; without names, wasm always is, and a GPU is taken where there is one. */
async function devicesFor<Device extends NamedDevice>(
  { device }: Pick<ClaimsConfig, 'device'>,
  laboratory: Laboratory<Device>,
  hooks: ExperimentHooks,
): Promise<Device[] | undefined> {
  if (device !== undefined) return laboratory.devices(deviceNames(device), hooks);
  const sure = await laboratory.devices(['wasm'], hooks);
  const gpu = await laboratory.devices(['gpu'], hooks).catch((error: unknown): Device[] => {
    if (!(error instanceof UserError) || error.exitCode !== 3) throw error;
    hooks.onStage(`no GPU is looked at: ${error.message}`);
    return [];
  });
  return sure && gpu && [...sure, ...gpu];
}

async function observe<Device extends NamedDevice>(
  device: Device,
  laboratory: Laboratory<Device>,
  hooks: ExperimentHooks,
): Promise<DeviceObservations | string> {
  const cells = claimCells(device.name);
  const results: ObservedCell[] = [];
  let facts: KernelFacts | undefined;
  const outcome = await laboratory.run(device, cells, {
    onStage: hooks.onStage,
    onFacts: (told) => {
      facts = told;
    },
    onResults: (some) => {
      // Claims ask our own attention only, which refuses nothing.
      results.push(...(some as ObservedCell[]));
      hooks.onProgress(device.name, results.length, cells.length);
      hooks.onResults?.(device.name, some);
    },
    ...(hooks.signal && { signal: hooks.signal }),
  });
  throwUserError(outcome);
  if (outcome.status !== 'complete' || !facts)
    return `${outcome.status}: ${outcome.failure ?? 'it said nothing'}`;
  const { backend, software } = device.decision;
  return {
    device: device.name,
    label: software ? `${backend} (software)` : backendName(backend),
    gpu: device.gpu,
    cells: new Map(results.map(({ cell, observation }) => [cellId(cell), observation])),
    facts,
  };
}
