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

/**
 * The path of the current scope, and whether it lies in the backward half of a gradient, which tfjs runs
 * inside the same call as the forward half.
 */
function currentScope(phase: Phase): { readonly path: string; readonly phase: Phase } {
  const { scopeStack } = (tf.engine() as unknown as { state: EngineState }).state;
  let path = '';
  let inBackward = false;
  for (const { name } of scopeStack) {
    if (name === 'backward') inBackward = true;
    if (!isOwnScope(name)) path = path === '' ? name : `${path}/${name}`;
  }
  return { path, phase: inBackward && phase !== 'optimizer' ? 'backward' : phase };
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

/** @returns names the kernel that is running now; use a new one for each batch */
export function callNames(): (phase: Phase, kernel: string) => Call {
  const calls = new Map<string, number>();
  return (asked, kernel) => {
    const { path, phase } = currentScope(asked);
    const counted = path === '' ? `${phase}/${kernel}` : `${phase}/${path}/${kernel}`;
    const call = calls.get(counted) ?? 0;
    calls.set(counted, call + 1);
    return { key: `${counted}#${call}`, phase, path, call };
  };
}

/** The call that made a record: its key without the output. */
export const callOf = (key: string): string => key.replace(/:\d+$/, '');
