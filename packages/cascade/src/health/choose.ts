/** Which way of measuring health fits a backend. */
import type { BackendId } from '@nanscope/backend';
import type { HealthCounter } from './counter.ts';
import { hostCounter } from './host.ts';
import { readCounter } from './read.ts';

/**
 * @param id of the session's backend; unknown ids are third-party backends
 * @param backend the tfjs backend instance
 * @param full whether magnitudes are wanted beside counts
 */
export function chooseCounter(id: BackendId, backend: unknown, full: boolean): HealthCounter {
  if (id === 'cpu' || id === 'wasm') return hostCounter(backend, full);
  return readCounter(backend, full);
}
