/**
 * A correction: one kernel of one backend that is wrong about NaN, missing, or known to differ. The notes a
 * session shows and the code that mends a kernel are the same entry, so neither can exist without the other.
 */
import type { KernelNote } from '../backend.ts';

export interface Correction extends KernelNote {
  /** Puts the right kernel into the tfjs registry; absent for what is left as it is. May run more than once. */
  readonly install?: () => void;
}

/** Installs what can be mended, once its backend is active, and returns the notes of all. */
export function correct(corrections: readonly Correction[]): KernelNote[] {
  return corrections.map(({ install, kernel, status, why }) => {
    install?.();
    return { kernel, status, why };
  });
}

/** A divergence that is named and left. */
export const known = (kernel: string, why: string): Correction => ({
  kernel,
  status: 'known-divergence',
  why,
});
