/** The lane's side of cells: opens the device, runs one after the other, says what each showed. */
import { kernelFacts } from '@nanscope/experiments';
import { openSession } from '../lane/open-session.ts';
import type { LaneMessage } from '../lane/task.ts';
import { CellObserver } from './observe-cell.ts';
import { type CellResult, type CellsTask, type ExperimentMessage, isFailure } from './task.ts';

/** Results are sent together: a message costs as much as a cell of a fast backend. */
const TOGETHER_MS = 500;

export async function runCellsLane(
  task: CellsTask,
  say: (message: LaneMessage | ExperimentMessage) => void,
  stop: AbortSignal,
): Promise<void> {
  const session = await openSession(task, say);
  if (task.facts) say({ kind: 'facts', facts: await kernelFacts() });
  const observer = new CellObserver(session);
  let waiting: CellResult[] = [];
  let said = performance.now();
  const send = () => {
    if (waiting.length > 0) say({ kind: 'cells', results: waiting });
    waiting = [];
    said = performance.now();
  };
  let failures = 0;
  for (const cell of task.cells) {
    if (stop.aborted) break;
    const started = performance.now();
    const result = await observer.run(cell);
    waiting.push({ ...result, seconds: Math.round((performance.now() - started) * 1000) / 1e6 });
    if (task.bail !== undefined && isFailure(result) && ++failures >= task.bail) break;
    if (performance.now() - said >= TOGETHER_MS) send();
  }
  send();
  observer.dispose();
  await session.dispose();
}
