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
export function currentScope(phase: Phase): { readonly path: string; readonly phase: Phase } {
  const { scopeStack } = (tf.engine() as unknown as { state: EngineState }).state;
  let path = '';
  let inBackward = false;
  for (const { name } of scopeStack) {
    if (name === 'backward') inBackward = true;
    if (!isOwnScope(name)) path = path === '' ? name : `${path}/${name}`;
  }
  return { path, phase: inBackward && phase !== 'optimizer' ? 'backward' : phase };
}
