/** A lane's backend, opened; a device that is lost ends the process and says so. */
import type { Session } from '@nanscope/backend';
import type { LaneMessage, LaneTaskBase } from '../protocol/task.ts';
import { findBackend } from './find-backend.ts';

export async function openSession(
  task: Pick<LaneTaskBase, 'config' | 'decision'>,
  say: (message: LaneMessage) => void,
): Promise<Session> {
  say({ kind: 'loading', what: `opening ${task.decision.backend}` });
  const session = await (await findBackend(task.decision.backend, task.config.backend)).open();
  session.lost?.then((reason) => {
    say({ kind: 'device-lost', reason });
    setTimeout(() => process.exit(1), 50);
  });
  return session;
}
