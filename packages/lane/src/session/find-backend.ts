/** A backend by id: one of ours, or the third-party one that was named with --backend. */
import { type Backend, builtinBackend, loadBackend } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';

/** @throws {UserError} `device/unknown-backend`, and what `loadBackend` throws */
export async function findBackend(id: string, file: string | undefined): Promise<Backend> {
  const own = builtinBackend(id);
  if (own) return own;
  const loaded = file ? await loadBackend(file) : undefined;
  if (loaded?.id === id) return loaded;
  throw new UserError(
    'device/unknown-backend',
    `Backend "${id}": expected one of ours or the id of the module given with --backend${loaded ? `, which calls itself "${loaded.id}"` : ''}.`,
  );
}
