/** The devices of an experiment on this machine: looked at, and their cells run, in processes of their own. */

import type { LaneTaskBase } from '@nanscope/lane';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import type { Laboratory } from './laboratory.ts';
import { type DeviceHooks, decideNamed, type NamedDevice } from './named-devices.ts';
import { runCells } from './run-cells.ts';

/** A device with what a process needs in its environment to find its driver. */
export interface MachineDevice extends NamedDevice {
  readonly environment: Decided['environment'];
}

/**
 * @returns undefined when it was interrupted
 * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3) for the first that is not there
 */
export async function decideDevices(
  names: readonly string[],
  backend: string | undefined,
  hooks: DeviceHooks,
): Promise<MachineDevice[] | undefined> {
  const devices = await decideNamed(names, decide, backend, hooks);
  return devices?.map(({ decided, ...device }) => ({ ...device, environment: decided.environment }));
}

export function machineLaboratory(config: LaneTaskBase['config']): Laboratory<MachineDevice> {
  return {
    devices: (names, hooks) => decideDevices(names, config.backend, hooks),
    run: (device, cells, hooks) => runCells(device, cells, config, hooks),
  };
}
