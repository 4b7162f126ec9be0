/** The lane's side of cells, in its own process: opens the device, runs them, leaves. */
import { onnxruntimeImplementation } from '@nanscope/conform';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import { observeCells } from './observe-cells.ts';
import type { CellsTask, ExperimentMessage } from './task.ts';

export async function runCellsLane(
  task: CellsTask,
  say: (message: LaneMessage | ExperimentMessage) => void,
  stop: AbortSignal,
): Promise<void> {
  const session = await openSession(task, say);
  await observeCells(session, task, onnxruntimeImplementation, say, () => stop.aborted);
  await session.dispose();
}
