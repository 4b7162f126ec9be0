/** A lane's backend, opened; a device that is lost ends the process and says so. */

import { type Backend, builtinBackend, loadBackend, type Session } from '@nanscope/backend';
import { deviceNames } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { backendName } from '@nanscope/record';
import type { LaneMessage, LaneTaskBase } from '../protocol/task.ts';

// A backend by id: one of ours, or the third-party one that was named with --backend.

/** Names that `--device` and `--reference` give to something else; a backend that had one could not be asked for. */
const reserved = [...deviceNames, 'none'];

/** The backend in the module of `--backend`. @throws {UserError} what `loadBackend` throws */
export const thirdPartyBackend = (file: string): Promise<Backend> => loadBackend(file, { reserved });

/** @throws {UserError} `device/unknown-backend`, and what `loadBackend` throws */
export async function findBackend(id: string, file: string | undefined): Promise<Backend> {
  const own = builtinBackend(id);
  if (own) return own;
  const loaded = file ? await thirdPartyBackend(file) : undefined;
  if (loaded?.id === id) return loaded;
  throw new UserError(
    'device/unknown-backend',
    `Backend "${id}": expected one of ours or the id of the module given with --backend${loaded ? `, which calls itself "${loaded.id}"` : ''}.`,
  );
}

export async function openSession(
  task: Pick<LaneTaskBase, 'config' | 'decision'>,
  say: (message: LaneMessage) => void,
): Promise<Session> {
  say({ kind: 'loading', what: `opening ${backendName(task.decision.backend)}` });
  const session = await (await findBackend(task.decision.backend, task.config.backend)).open();
  session.lost?.then((reason) => {
    say({ kind: 'device-lost', reason });
    setTimeout(() => process.exit(1), 50);
  });
  return session;
}
