/** Cells one after the other on an opened session, and what each showed; the same in a process and in a worker of a page. */
import type { Session } from '@nanscope/backend';
import { kernelFacts } from '@nanscope/experiments';
import { CellObserver, type ForeignLoader } from './observe-cell.ts';
import { type CellResult, type CellsTask, type ExperimentMessage, isFailure } from './task.ts';

/** Results are sent together: a message costs as much as a cell of a fast backend. */
const TOGETHER_MS = 500;

/** @param stopped asked before every cell */
export async function observeCells(
  session: Session,
  { cells, facts, bail }: Pick<CellsTask, 'cells' | 'facts' | 'bail'>,
  load: ForeignLoader,
  say: (message: ExperimentMessage) => void,
  stopped: () => boolean,
): Promise<void> {
  if (facts) say({ kind: 'facts', facts: await kernelFacts() });
  const observer = new CellObserver(session, load);
  let waiting: CellResult[] = [];
  let said = performance.now();
  const send = () => {
    if (waiting.length > 0) say({ kind: 'cells', results: waiting });
    waiting = [];
    said = performance.now();
  };
  let failures = 0;
  for (const cell of cells) {
    if (stopped()) break;
    const started = performance.now();
    const result = await observer.run(cell);
    waiting.push({ ...result, seconds: Math.round((performance.now() - started) * 1000) / 1e6 });
    if (bail !== undefined && isFailure(result) && ++failures >= bail) break;
    if (performance.now() - said >= TOGETHER_MS) send();
  }
  send();
  observer.dispose();
}
