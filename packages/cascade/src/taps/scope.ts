/**
 * The module path of the kernel that is running: the names given to `tf.tidy(name, fn)`, read from the scope
 * stack of the tfjs engine. This is the only file that looks at that stack.
 */
import * as tf from '@tensorflow/tfjs';
import type { Phase } from '../types.ts';

interface EngineState {
  readonly scopeStack: readonly { readonly name: string }[];
}

/** Scopes that tfjs opens itself: one per op, one per anonymous tidy, two per gradient. */
function isOwnScope(name: string): boolean {
  return name === 'unnamed scope' || name.endsWith('__op') || name === 'forward' || name === 'backward';
}

// Names kernel calls: whoever watches the same computation gives the same call the same key.

export interface Call {
  /** `{phase}/{module path}/{kernel}#{call}`: a record's key without its output. */
  readonly key: string;
  readonly phase: Phase;
  readonly path: string;
  /** Counts the calls of this kernel within the same phase and path, from 0. */
  readonly call: number;
}

/** One kernel in one phase and path. */
interface Counter {
  readonly name: string;
  batch: number;
  calls: number;
}

/** An open scope within those before it: looked up, so that no path is put together for a call. */
interface Place {
  readonly path: string;
  /** Whether it lies in the backward half of a gradient, which tfjs runs inside the same call as the forward half. */
  readonly inBackward: boolean;
  readonly inner: Map<string, Place>;
  readonly counters: Map<Phase, Map<string, Counter>>;
}

function counterAt({ path, counters }: Place, phase: Phase, kernel: string): Counter {
  let kernels = counters.get(phase);
  if (!kernels) {
    kernels = new Map();
    counters.set(phase, kernels);
  }
  let counter = kernels.get(kernel);
  if (!counter) {
    const name = path === '' ? `${phase}/${kernel}` : `${phase}/${path}/${kernel}`;
    counter = { name, batch: -1, calls: 0 };
    kernels.set(kernel, counter);
  }
  return counter;
}

export interface CallNames {
  /** Names the kernel that is running now. */
  next(phase: Phase, kernel: string): Call;
  /** Counts anew, for the next batch. */
  restart(): void;
}

export function callNames(): CallNames {
  /** One path can be reached by several ways, and its calls are counted together. */
  const counters = new Map<string, Place['counters']>();
  const placeAt = (path: string, inBackward: boolean): Place => {
    const known = counters.get(path) ?? new Map();
    counters.set(path, known);
    return { path, inBackward, inner: new Map(), counters: known };
  };
  const within = (place: Place, name: string): Place => {
    const known = place.inner.get(name);
    if (known) return known;
    const inBackward = place.inBackward || name === 'backward';
    const path = isOwnScope(name) ? place.path : place.path === '' ? name : `${place.path}/${name}`;
    const same = path === place.path && inBackward === place.inBackward;
    const made = same ? place : placeAt(path, inBackward);
    place.inner.set(name, made);
    return made;
  };
  const root = placeAt('', false);
  let batch = 0;
  return {
    next(asked, kernel) {
      let place = root;
      for (const { name } of (tf.engine() as unknown as { state: EngineState }).state.scopeStack)
        place = within(place, name);
      const phase = place.inBackward && asked !== 'optimizer' ? 'backward' : asked;
      const counter = counterAt(place, phase, kernel);
      if (counter.batch !== batch) {
        counter.batch = batch;
        counter.calls = 0;
      }
      const call = counter.calls++;
      return { key: `${counter.name}#${call}`, phase, path: place.path, call };
    },
    restart() {
      batch++;
    },
  };
}

/** The call that made a record: its key without the output. */
export const callOf = (key: string): string => key.replace(/:\d+$/, '');
