/** The parent's side of cells: one process a device, results as they come, and how the process ended. */
import type { Cell, KernelFacts } from '@nanscope/experiments';
import { runChild, siblingModule } from '../lane/child.ts';
import { laneOutcome } from '../lane/start-lane.ts';
import type { LaneMessage, LaneOutcome, LaneTaskBase } from '../lane/task.ts';
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
}

export async function runCells(
  device: NamedDevice,
  cells: readonly Cell[],
  config: LaneTaskBase['config'],
  hooks: CellHooks,
): Promise<LaneOutcome> {
  if (hooks.signal?.aborted) return { status: 'interrupted', failure: 'interrupted' };
  let done = false;
  let lost: string | undefined;
  let failed: string | undefined;
  let userError: LaneOutcome['userError'];
  const task: CellsTask = { decision: device.decision, config, cells, facts: hooks.onFacts !== undefined };
  const end = await runChild<LaneMessage | ExperimentMessage>({
    module: siblingModule(import.meta.url, './lane-main'),
    input: task,
    environment: device.environment,
    silenceSeconds: config.laneTimeout,
    graceSeconds: GRACE_SECONDS,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind === 'cells') hooks.onResults(message.results);
      else if (message.kind === 'facts') hooks.onFacts?.(message.facts);
      else if (message.kind === 'loading') hooks.onStage(message.what);
      else if (message.kind === 'done') done = true;
      else if (message.kind === 'device-lost') lost = message.reason;
      else if (message.kind === 'failed') failed = message.reason;
      else if (message.kind === 'user-error') userError = message;
    },
  });
  // A process that was asked to stop ends well after its cell: it was interrupted all the same.
  const interrupted = hooks.signal?.aborted ?? false;
  return laneOutcome(
    end,
    {
      done: done && !interrupted,
      interrupted,
      ...(lost ? { lost } : {}),
      ...(failed ? { failed } : {}),
      ...(userError ? { userError } : {}),
    },
    config.laneTimeout,
  );
}
