import type { CaseResult } from '@nanscope/conform';
import { describe, expect, it } from 'vitest';
import { countsOf, decideConform, requiredOf } from './verdict.ts';

const complete = { status: 'complete' } as const;
const counts = { cases: 4, pass: 4, fail: 0, refused: 0, notRun: 0 };
const failing = { ...counts, pass: 3, fail: 1 };
const crashed = { status: 'crashed', failure: 'the process was killed by SIGKILL' } as const;

describe('decideConform', () => {
  it.each([
    ['conforms', 0, counts, 0, complete],
    ['conforms', 0, { ...counts, pass: 3, refused: 1 }, 0, complete],
    ['cases-failed', 1, failing, 0, complete],
    ['nothing-compared', 1, { ...counts, pass: 0, refused: 4 }, 0, complete],
    ['lane-failed', 1, { ...counts, pass: 1, notRun: 3 }, 0, crashed],
    ['bad-vectors', 2, failing, 1, complete],
    ['bad-vectors', 2, { ...counts, cases: 0, pass: 0 }, 1, complete],
    ['interrupted', 130, failing, 1, { status: 'interrupted' } as const],
  ])('%s: exit %d', (code, exitCode, counted, badVectors, outcome) => {
    expect(decideConform(counted, badVectors, outcome)).toMatchObject({ code, exitCode });
  });

  it('names the first case that failed, or the one at which a lane ended', () => {
    const ids = { running: 'oracle:x', failed: 'oracle:y' };
    expect(decideConform(failing, 0, complete, ids).first).toBe('oracle:y');
    expect(decideConform({ ...counts, notRun: 3 }, 0, crashed, ids).first).toBe('oracle:x');
  });
});

const result = (id: string, status: CaseResult['status'], required: number, allowed: number): CaseResult => ({
  ...{ id, status, accuracy: '', required, allowed, controls: [] },
  tensors: [{ name: 'out', compared: 1, required, allowed, passed: status === 'pass' }],
});

it('the required tolerance is the worst of all cases, as an error and as a share of what is allowed', () => {
  const results = [
    result('kernel:e', 'pass', 9e30, 1e31),
    result('a', 'pass', 0.5, 1),
    result('b', 'pass', 0.095, 0.1),
    result('c', 'pass', 0, 0),
  ];
  expect(requiredOf(results)).toEqual({
    absolute: 0.5,
    absoluteCase: 'a',
    share: 0.095 / 0.1,
    shareCase: 'b',
  });
  const failed = [...results, result('d', 'fail', Number.POSITIVE_INFINITY, 1)];
  expect(requiredOf(failed)).toMatchObject({ absolute: Number.POSITIVE_INFINITY, absoluteCase: 'd' });
  expect(countsOf(failed, 6)).toEqual({ cases: 6, pass: 4, fail: 1, refused: 0, notRun: 1 });
});
