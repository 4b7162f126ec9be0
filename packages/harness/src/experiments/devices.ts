/** The devices of an experiment on this machine: looked at, and their cells run, in a process a device. */
import type { Cell } from '@nanscope/experiments';
import {
  type CellsTask,
  type ExperimentMessage,
  type LaneOutcome,
  type LaneTaskBase,
  watchLane,
} from '@nanscope/lane';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import {
  type CellHooks,
  type DeviceHooks,
  decideNamed,
  type Laboratory,
  type NamedDevice,
} from './named-devices.ts';

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

/** Seconds that an interrupted process has to finish its cell. */
const GRACE_SECONDS = 20;

export async function runCells(
  device: MachineDevice,
  cells: readonly Cell[],
  config: LaneTaskBase['config'],
  hooks: CellHooks,
): Promise<LaneOutcome> {
  if (hooks.signal?.aborted) return { status: 'interrupted', failure: 'interrupted' };
  const task: CellsTask = {
    ...{ decision: device.decision, config, cells, facts: hooks.onFacts !== undefined },
    ...(hooks.bail !== undefined && { bail: hooks.bail }),
  };
  return watchLane<ExperimentMessage>({
    run: 'cells',
    task,
    environment: device.environment,
    backend: device.decision.backend,
    silenceSeconds: config.laneTimeout,
    graceSeconds: GRACE_SECONDS,
    stoppedIsInterrupted: true,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind === 'cells') hooks.onResults(message.results);
      else if (message.kind === 'facts') hooks.onFacts?.(message.facts);
      else if (message.kind === 'loading') hooks.onStage(message.what);
    },
  });
}

export function machineLaboratory(config: LaneTaskBase['config']): Laboratory<MachineDevice> {
  return {
    devices: (names, hooks) => decideDevices(names, config.backend, hooks),
    run: (device, cells, hooks) => runCells(device, cells, config, hooks),
  };
}
