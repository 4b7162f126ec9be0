/** A skip is counted and named, and fails the run where the machine is required to have what it needs. */
import { expect, test } from 'vitest';
import { gathered, summarize } from '../../scripts/skip-reporter.mjs';

const passed = { file: 'a.test.ts', name: 'adds', state: 'passed' };
const failed = { file: 'a.test.ts', name: 'divides', state: 'failed' };
const skipped = { file: 'b.test.ts', name: 'kernels > runs', state: 'skipped', note: 'no WebGPU adapter' };

test('counts what passed, failed and was skipped, and files that broke', () => {
  expect(summarize([passed, passed, failed, skipped], []).counts).toEqual({
    passed: 2,
    failed: 1,
    skipped: 1,
  });
  expect(summarize([passed], [], 2).counts).toEqual({ passed: 1, failed: 2, skipped: 0 });
});

test('names each failure with the first line of what it says', () => {
  const wrong = { ...failed, error: 'expected 1 to be 2\n\n- 2\n+ 1' };
  expect(summarize([passed, wrong, failed], []).failures).toEqual([
    'a.test.ts: divides: expected 1 to be 2',
    'a.test.ts: divides: no message',
  ]);
});

test('names each skip with its reason', () => {
  expect(summarize([passed, skipped], []).skips).toEqual(['b.test.ts: kernels > runs (no WebGPU adapter)']);
  const planned = { file: 'c.test.ts', name: 'later', state: 'pending' };
  expect(summarize([planned], []).skips).toEqual(['c.test.ts: later']);
});

test('a skip of what is required is an error, another one is not', () => {
  expect(summarize([skipped], ['webgpu', 'tensorflow']).missing).toEqual([
    'webgpu is required here, yet skipped: b.test.ts: kernels > runs (no WebGPU adapter)',
  ]);
  expect(summarize([skipped], ['tensorflow']).missing).toEqual([]);
  expect(summarize([skipped], []).missing).toEqual([]);
});

test('the name of the suite or of the file is enough to concern a requirement', () => {
  const inFile = { file: 'src/tensorflow/open.test.ts', name: 'opens', state: 'skipped' };
  expect(summarize([inFile], ['tensorflow']).missing).toHaveLength(1);
  const inSuite = { file: 'x.test.ts', name: 'linear on tensorflow > adds', state: 'skipped' };
  expect(summarize([inSuite], ['tensorflow']).missing).toHaveLength(1);
});

test('skips of one file with one reason are one line, and no reason is lost', () => {
  const lacks = '(skipped: its addon is not built (see the log))';
  const skips = [
    `a.test.ts: tensorflow ${lacks} > eager > adds`,
    `a.test.ts: tensorflow ${lacks} > sdpa > adds`,
    `b.test.ts: tensorflow ${lacks} > adds`,
    'b.test.ts: kernels > runs (no WebGPU adapter)',
  ];
  expect(gathered(skips)).toEqual([
    '2 tests of a.test.ts: its addon is not built (see the log)',
    skips[2],
    skips[3],
  ]);
});
