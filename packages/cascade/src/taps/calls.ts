/** Names kernel calls: whoever watches the same computation gives the same call the same key. */
import type { Phase } from '../types.ts';
import { currentScope } from './scope.ts';

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
