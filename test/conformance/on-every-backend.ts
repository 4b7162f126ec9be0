/** The same tests on every backend this machine has; a backend that is not there is skipped, with its reason in the name. */
import type { Backend, Session } from '@nanscope/backend';
import { afterAll, beforeAll, describe } from 'vitest';
import { probes } from './probes.ts';

export interface OpenBackend {
  readonly backend: Backend;
  readonly id: string;
  /** The session that is open while the tests run; not before. */
  readonly session: () => Session;
}

/** Describes `tests` once a backend. Its session is opened before their own hooks run, and disposed after them. */
export function onEveryBackend(tests: (open: OpenBackend) => void): void {
  for (const { backend, probe } of probes) {
    const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
    describe.skipIf(!probe.available)(`${backend.id}${reason}`, () => {
      let session: Session;
      beforeAll(async () => {
        session = await backend.open();
      });
      afterAll(() => session?.dispose());
      tests({ backend, id: backend.id, session: () => session });
    });
  }
}
