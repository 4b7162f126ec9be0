/** Looks at one backend, opens it, measures its numbers and tries it; inside a process that may end at any of these. */
import type { LaneMessage } from '../protocol/task.ts';
import { findBackend } from '../session/open-session.ts';
import { type ExamineMessage, type ExamineTask, measure, selfChecks } from './measure.ts';

export async function examine(
  { id, backendFile }: ExamineTask,
  say: (message: LaneMessage | ExamineMessage) => void,
): Promise<void> {
  const backend = await findBackend(id, backendFile);
  const probe = await backend.probe();
  say({ kind: 'probe', probe });
  if (!probe.available) return;
  const session = await backend.open();
  session.lost?.then((reason) => {
    say({ kind: 'device-lost', reason });
    setTimeout(() => process.exit(1), 50);
  });
  for await (const measured of measure(session)) say({ kind: 'measured', ...measured });
  const alive = () => say({ kind: 'waiting' });
  for await (const check of selfChecks(session, alive)) say({ kind: 'check', check });
  await session.dispose();
}
