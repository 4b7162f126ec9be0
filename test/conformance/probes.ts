/**
 * What this machine has, looked at in the process of the test. `NANSCOPE_TEST_BACKENDS=cpu,wasm` leaves the others out, unseen:
 * that is what `pnpm check:quick` does.
 */
import { type Backend, backends, type Probe } from '@nanscope/backend';

export interface Probed {
  readonly backend: Backend;
  readonly probe: Probe;
}

const wanted = process.env.NANSCOPE_TEST_BACKENDS?.split(',');

export async function probeOf(backend: Backend): Promise<Probed> {
  const { id } = backend;
  if (wanted === undefined || wanted.includes(id)) return { backend, probe: await backend.probe() };
  const reason = `${id} is not in NANSCOPE_TEST_BACKENDS=${wanted}`;
  return { backend, probe: { id, available: false, reason, remedy: 'Add it, or unset the variable.' } };
}

/** The four backends that come with nanscope. */
export const probes: readonly Probed[] = await Promise.all(backends().map(probeOf));
