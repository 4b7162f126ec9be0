/**
 * Refuses tensors while a test file is imported. Which backend is active then depends on what the machine has: native
 * TensorFlow makes itself the active one, and without it there is none. A test that relies on that passes on one machine
 * and breaks on the next; here it breaks on every one. Tensors belong into tests and hooks, where a session is open.
 */
import { beforeAll } from 'vitest';

interface Engine {
  makeTensor: (...rest: unknown[]) => unknown;
  setBackend: (name: string) => Promise<boolean>;
}
/** Where TensorFlow.js keeps the engine that all its copies share. */
export interface Scope {
  _tfengine?: Engine;
}

/** Refuses new tensors of the engine that `scope` has or gets, until the function that it returns is called. */
export function refuseTensors(scope: Scope): () => void {
  let engine: Engine | undefined;
  const guard = (found: Engine) => {
    engine = found;
    found.makeTensor = () => {
      throw new Error(
        'This file makes a tensor as it is imported, before a backend is open: make it in a test or in beforeAll.',
      );
    };
  };
  if (scope._tfengine) guard(scope._tfengine);
  else {
    Object.defineProperty(scope, '_tfengine', { configurable: true, get: () => engine, set: guard });
  }
  return () => {
    if (engine) {
      // The method of the class is below the own property.
      delete (engine as Partial<Engine>).makeTensor;
      Object.defineProperty(scope, '_tfengine', { configurable: true, writable: true, value: engine });
    } else delete scope._tfengine;
  };
}

beforeAll(refuseTensors(globalThis as Scope));
