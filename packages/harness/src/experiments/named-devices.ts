/**
 * The devices of an experiment by the names that were asked for: each decided by itself, nothing falls back. How a device is
 * looked at is the caller's business.
 */
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import type { Cell, KernelFacts } from '@nanscope/experiments';
import type { CellResult, LaneOutcome } from '@nanscope/lane';
import type { DecidedDevices, DeviceConfig } from '../devices/decision.ts';

export interface NamedDevice {
  /** As it was asked for; it is what a cell's id says. */
  readonly name: string;
  readonly decision: Decision;
  readonly gpu: boolean;
}

/** `gpu@studio` is the device gpu, of runs that are called studio: a label tells machines apart when they are merged. */
const kindOf = (name: string) => name.split('@', 1)[0]!;

export interface DeviceHooks {
  readonly onStage: (what: string) => void;
  readonly signal?: AbortSignal;
}

/** `cpu,gpu` as names. @throws UserError `usage/device-list` */
export function deviceNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new UserError(
    'usage/device-list',
    `--device: expected device names, each once, joined by commas such as cpu,gpu, found "${text}".`,
  );
}

/**
 * @returns undefined when it was interrupted
 * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3) for the first that is not there
 */
export async function decideNamed<Decided extends DecidedDevices>(
  names: readonly string[],
  decide: (config: DeviceConfig, say: (what: string) => void) => Promise<Decided>,
  backend: string | undefined,
  { onStage, signal }: DeviceHooks,
): Promise<(NamedDevice & { readonly decided: Decided })[] | undefined> {
  const devices: (NamedDevice & { readonly decided: Decided })[] = [];
  for (const name of names) {
    const decided = await decide(
      // Every cell says which attention it runs: the resolver has nothing to choose.
      {
        ...{ device: kindOf(name), reference: 'none', mpsRule: 'off', attn: 'sdpa', policy: 'safe' },
        ...(backend !== undefined && { backend }),
      },
      onStage,
    ).catch((error: unknown) => {
      // Ctrl-C on a terminal ends the probing processes too, which then look like devices that are not there.
      if (signal?.aborted) return undefined;
      throw error;
    });
    if (!decided || signal?.aborted) return undefined;
    const { target, probes } = decided;
    const probe = probes.find(({ id }) => id === target.backend);
    const gpu = probe?.available === true && probe.facts.capabilities.gpu;
    devices.push({ name, decision: target, gpu, decided });
  }
  return devices;
}

// Where cells are run: processes of a machine, or workers of a page. Neither changes what is asked or what is made of it.

export interface CellHooks {
  readonly onStage: (what: string) => void;
  readonly onResults: (results: readonly CellResult[]) => void;
  /** When given, the questions that need no model are asked as well. */
  readonly onFacts?: (facts: KernelFacts) => void;
  readonly signal?: AbortSignal;
  /** Cells that may fail before it ends; default: all of them. */
  readonly bail?: number;
}

export interface Laboratory<Device extends NamedDevice = NamedDevice> {
  /**
   * @returns undefined when it was interrupted
   * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3) for the first that is not there
   */
  devices(names: readonly string[], hooks: DeviceHooks): Promise<Device[] | undefined>;
  /** Resolves when the cells are done or their lane has ended otherwise. */
  run(device: Device, cells: readonly Cell[], hooks: CellHooks): Promise<LaneOutcome>;
}

/** What an experiment tells while it runs. */
export interface ExperimentHooks extends DeviceHooks {
  /** Cells observed so far on this device, of those asked of it. */
  readonly onProgress: (device: string, observed: number, total: number) => void;
  /** Each cell as it is observed. */
  readonly onResults?: (device: string, results: readonly CellResult[]) => void;
}
