/** Where cells are run: processes of a machine, or workers of a page. Neither changes what is asked or what is made of it. */
import type { Cell, KernelFacts } from '@nanscope/experiments';
import type { CellResult, LaneOutcome } from '@nanscope/lane';
import type { DeviceHooks, NamedDevice } from './named-devices.ts';

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
  readonly onProgress: (device: string, observed: number, asked: number) => void;
  /** Each cell as it is observed. */
  readonly onResults?: (device: string, results: readonly CellResult[]) => void;
}
