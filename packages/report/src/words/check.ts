/** A result as a list of checks: what a CI system shows one by one. Neither laid out nor escaped here. */
import type { ExitFinding } from '@nanscope/record';

export interface Check {
  /** What it is about: `metrics`, `leak`, the suite of a conformance case. */
  readonly group: string;
  readonly name: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** The same as a fact, where it fails: the title of an annotation. A name states what should be. */
  readonly failedName?: string;
  /** What was found, one sentence; of a skip, why. */
  readonly message?: string;
  /** What it comes upon when it fails: the exit code says whether that is a failure. */
  readonly finding?: ExitFinding['finding'];
  /** How long what it is about ran, where that was measured. */
  readonly seconds?: number | undefined;
}

/** A check that either holds or does not. */
export function check(
  group: string,
  name: string,
  pass: boolean,
  message: string,
  finding?: ExitFinding['finding'],
): Check {
  return { group, name, status: pass ? 'pass' : 'fail', message, ...(finding && { finding }) };
}

export function skipped(group: string, name: string, message: string): Check {
  return { group, name, status: 'skip', message };
}

/** The same check, with how long what it is about ran. */
export const timed = (one: Check, seconds: number | undefined): Check =>
  seconds === undefined ? one : { ...one, seconds };

/** The same check, with the fact that it comes to where it fails. */
export const failedAs = (failedName: string, one: Check): Check =>
  one.status === 'fail' ? { ...one, failedName } : one;
