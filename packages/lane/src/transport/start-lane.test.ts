import { describe, expect, it } from 'vitest';
import { LastWordsListener, laneOutcome } from '../protocol/outcome.ts';
import type { ChildEnd } from './child.ts';
import { endWords } from './start-lane.ts';

const ended: ChildEnd = { code: 0, signal: null, silent: false, lastWords: '' };
const quiet = { done: false, interrupted: false };
const outcome = (end: Partial<ChildEnd>, said: Partial<Parameters<typeof laneOutcome>[1]> = {}) =>
  laneOutcome(
    { silent: end.silent ?? false, words: endWords({ ...ended, ...end }) },
    { ...quiet, ...said },
    7,
  );

describe('laneOutcome', () => {
  it('done is complete, also when the driver crashes on the way out', () => {
    expect(outcome({}, { done: true })).toEqual({ status: 'complete' });
    expect(outcome({ code: null, signal: 'SIGSEGV' }, { done: true })).toEqual({ status: 'complete' });
  });

  it('a lane whose record is whole loses nothing by what it still looks at, and is not over', () => {
    const listener = new LastWordsListener();
    expect(listener.hear({ kind: 'whole' })).toBe(false);
    expect(outcome({ code: null, signal: 'SIGKILL', silent: true }, listener.said)).toEqual({
      status: 'complete',
    });
    expect(listener.hear({ kind: 'done' })).toBe(true);
  });

  it('killed by a signal is crashed, with the signal and the last words', () => {
    expect(outcome({ code: null, signal: 'SIGKILL', lastWords: 'Error: x' })).toEqual({
      status: 'crashed',
      failure:
        'the process was killed by SIGKILL, as the system does where memory runs out; its last words: Error: x',
    });
  });

  it('leaving with code 0 without having said done is crashed too', () => {
    expect(outcome({})).toEqual({ status: 'crashed', failure: 'the process exited with code 0' });
  });

  it('silence is hung, with the flag that bounds it', () => {
    expect(outcome({ code: null, signal: 'SIGKILL', silent: true })).toMatchObject({
      status: 'hung',
      failure: expect.stringContaining('7 s (--lane-timeout)'),
    });
  });

  it('a lost device keeps its reason', () => {
    expect(outcome({ code: 1 }, { lost: 'out of memory' })).toMatchObject({
      status: 'device-lost',
      failure: 'the device was lost: out of memory',
    });
  });

  it('a mistake of the user is carried up, an interruption is no crash', () => {
    const userError = { code: 'usage/extra', message: 'm', exitCode: 2 } as const;
    expect(outcome({ code: 2 }, { userError })).toEqual({ status: 'failed', failure: 'm', userError });
    expect(outcome({ code: null, signal: 'SIGTERM' }, { interrupted: true })).toMatchObject({
      status: 'interrupted',
    });
  });
});
