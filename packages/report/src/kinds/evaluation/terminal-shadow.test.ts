import type { DeviationRecord, ResultRecord } from '@nanscope/record';
import { deviationWords, replaysWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { kernelBug } from '../../fixtures/evaluation/index.ts';
import { renderHtml } from '../../page/render.ts';
import { checksOf } from '../checks.ts';
import { renderTerminal } from './terminal.ts';

const terminal = (record: ResultRecord) => renderTerminal(record, { width: 100, color: false });
const comparison = kernelBug.comparison!;

describe('replays in a report', () => {
  it('terminal, page and checks name the op that is at fault, with its element', () => {
    const element = 'element 70 is 11.250000 on the reference, NaN on the target';
    expect(terminal(kernelBug)).toContain('1. h.1 mlp GeluNew · own');
    expect(terminal(kernelBug).replace(/\s+/g, ' ')).toContain(element);
    expect(renderHtml({ record: kernelBug })).toContain(element);
    expect(checksOf({ record: kernelBug })).toContainEqual({
      ...{ group: 'replay', finding: 'differ' },
      failedName: 'h.1 mlp GeluNew differs between the devices with equal inputs',
      name: 'h.1 mlp GeluNew gives the same on both devices with equal inputs',
      status: 'fail',
      message: expect.stringContaining(element),
    });
  });

  it('an op that only inherits says where the search went on, and fails no check', () => {
    const [own] = comparison.shadow!.steps;
    const inherited = { ...own!, judgement: 'inherited' as const, next: { input: 'x', from: 'w' } };
    const shadow = { ...comparison.shadow!, steps: [inherited], end: 'w differs between the devices' };
    const record = { ...kernelBug, comparison: { ...comparison, shadow } };
    expect(terminal(record)).toContain('most differs x');
    expect(terminal(record)).toContain('→ w differs between the devices');
    const checks = checksOf({ record }).filter(({ group }) => group === 'replay');
    expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'skip']);
  });

  it('a flaky lane fails its check', () => {
    const first = { row: 1, position: 2, run: 2.5, replay: 'NaN' as const };
    const lane = { role: 'target' as const, changed: 1, labels: 3, first };
    const { shadow: _, ...rest } = comparison;
    const record = { ...kernelBug, comparison: { ...rest, replays: { batch: 4, times: 2, lanes: [lane] } } };
    const words =
      '1 of 2 replays differ from the run, in 3 labels, first row 1 position 2: 2.5000000 in the run, NaN repeated';
    expect(replaysWords(lane, 2)).toBe(words);
    expect(terminal(record).replace(/\s+/g, ' ')).toContain(`✗ target ${words}`);
    expect(renderHtml({ record })).toContain(words);
    expect(checksOf({ record })).toContainEqual(
      expect.objectContaining({ name: 'the target repeats itself', status: 'fail', message: words }),
    );
  });

  it('nothing was replayed: nothing is said', () => {
    const { shadow: _, replays: __, ...rest } = comparison;
    expect(terminal({ ...kernelBug, comparison: rest })).not.toContain('Replays');
  });
});

describe('deviationWords', () => {
  const counts = { size: 10, classes: 0, beyond: 0 };
  const worst = { index: 3, reference: 1, target: 1.5, ulps: 12, allowed: 1e-6 };
  it.each<[string, DeviationRecord, string]>([
    ['agreement', { ...counts, worst }, '10 elements agree'],
    [
      'a number',
      { ...counts, beyond: 1, worst },
      '1 of 10 elements differs: element 3 is 1.0000000 on the reference, 1.5000000 on the target, 5.0e-1 (12 ulp) apart where rounding explains 1.0e-6',
    ],
    [
      'a class before a number',
      { ...counts, classes: 1, beyond: 1, firstClass: { index: 0, reference: 0, target: 'Infinity' }, worst },
      '2 of 10 elements differ: element 0 is 0 on the reference, Infinity on the target',
    ],
  ])('%s', (_, deviation, words) => {
    expect(deviationWords(deviation)).toBe(words);
  });
});
