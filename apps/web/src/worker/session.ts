/** A task's backend, opened; a device that is lost ends the worker and says so. */
import type { Session } from '@nanscope/backend';
import type { Decision } from '@nanscope/device';
import { backendOf } from './backends.ts';
import type { Say } from './tasks.ts';

export async function openSession({ backend }: Pick<Decision, 'backend'>, say: Say): Promise<Session> {
  say({ kind: 'loading', what: `opening ${backend}` });
  const session = await backendOf(backend).open();
  session.lost?.then((reason) => say({ kind: 'device-lost', reason }));
  return session;
}
