/** The parent's side of cells: one process a device, results as they come, and how the process ended. */
import type { Cell, KernelFacts } from '@nanscope/experiments';
import { siblingModule } from '../lane/child.ts';
import type { LaneOutcome, LaneTaskBase } from '../lane/task.ts';
import { watchLane } from '../lane/watch-lane.ts';
import type { NamedDevice } from './devices.ts';
import type { CellResult, CellsTask, ExperimentMessage } from './task.ts';

/** Seconds that an interrupted process has to finish its cell. */
const GRACE_SECONDS = 20;

export interface CellHooks {
  readonly onStage: (what: string) => void;
  readonly onResults: (results: readonly CellResult[]) => void;
  /** When given, the questions that need no model are asked as well. */
  readonly onFacts?: (facts: KernelFacts) => void;
  readonly signal?: AbortSignal;
  /** Cells that may fail before it ends; default: all of them. */
  readonly bail?: number;
}

export async function runCells(
  device: NamedDevice,
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
    module: siblingModule(import.meta.url, './lane-main'),
    input: task,
    environment: device.environment,
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
