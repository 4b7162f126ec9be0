/**
 * How often Dawn in Node asks whether its GPU is done. By itself it asks at every turn of the event loop for as long as anything is
 * awaited, which keeps a core of the CPU busy: one that a laptop pays for, and that a software GPU computes on. It asks through the
 * global `setImmediate`, which it looks up each time; here it is given a rest between two questions, longer the longer it has waited.
 */
import { inNode } from '../runtime.ts';

type Callback = (...rest: unknown[]) => void;

/** The shortest rest in ms that a system gives, and that saves more than it costs. Windows counts time in steps of 15.6 ms. */
const finest = inNode && process.platform === 'win32' ? 16 : 0.02;

/**
 * Milliseconds until the next question: an answer is noticed late by about a sixteenth of the time that it took, and by little more than
 * 1 ms or one step of the system's.
 */
export function restAfter(waited: number, step = finest): number {
  const rest = Math.min(waited / 16, Math.max(1, step));
  return rest < step ? 0 : rest;
}

/** From this on, in ms, a timer is exact enough, and the event loop goes on meanwhile. */
const byTimer = 0.5;

/** A function without a name that a native module made: what Dawn asks with. Unlike the `resolve` of a promise it has a prototype. */
const isNative = (callback: Callback): boolean =>
  callback?.name === '' &&
  Object.hasOwn(callback, 'prototype') &&
  `${callback}` === 'function () { [native code] }';

/** On a `setImmediate` of ours: one is enough in a process, however often this module is loaded. */
const ours = Symbol.for('nanscope.patience');

/** From now on. @param scope whose `setImmediate` it is */
export function waitPatiently(
  scope: Pick<typeof globalThis, 'setImmediate' | 'setTimeout'> = globalThis,
): void {
  const soon = scope.setImmediate;
  if (ours in soon) return;
  const never = new Int32Array(new SharedArrayBuffer(4));
  let began = 0;
  let asking = false;
  const rest = (callback: Callback) => {
    const ask = () => {
      asking = true;
      try {
        callback();
      } finally {
        asking = false;
      }
    };
    // A question that does not come out of another begins a wait.
    if (!asking) began = performance.now();
    const pause = restAfter(performance.now() - began);
    if (pause >= byTimer) return scope.setTimeout(ask, pause);
    if (pause > 0) Atomics.wait(never, 0, 0, pause);
    return soon(ask);
  };
  const patient = (callback: Callback, ...more: unknown[]) =>
    more.length === 0 && isNative(callback) ? rest(callback) : soon(callback, ...more);
  scope.setImmediate = Object.assign(patient, soon, { [ours]: true }) as typeof setImmediate;
}
