/** The parent's side of cells: one process a device, results as they come, and how the process ended. */
import type { Cell } from '@nanscope/experiments';
import type { CellsTask, ExperimentMessage, LaneOutcome, LaneTaskBase } from '@nanscope/lane';
import { watchLane } from '@nanscope/lane';
import type { MachineDevice } from './devices.ts';
import type { CellHooks } from './laboratory.ts';

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
