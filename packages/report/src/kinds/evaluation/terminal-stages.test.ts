import type { ResultRecord, StageComparison } from '@nanscope/record';
import { expect, it } from 'vitest';
import { agree } from '../../fixtures/evaluation/index.ts';
import { renderHtml } from '../../page/render.ts';
import { checksOf } from '../checks.ts';
import { renderTerminal } from './terminal.ts';

const stage = (name: string, change: Partial<StageComparison> = {}): StageComparison => ({
  ...{ name, compared: 8, apart: 3e-8, target: 2e-8, reference: 1e-8, allowed: 1e-7, passed: true },
  ...change,
});
const withStages = (...stages: StageComparison[]): ResultRecord => ({
  ...agree,
  comparison: { ...agree.comparison!, stages: { exact: 'reference', stages } },
});
const terminal = (record: ResultRecord) => renderTerminal(record, { width: 100, color: false });

it('stages that agree are one line, with the share of rounding that the worst takes', () => {
  const text = terminal(withStages(stage('embeddings'), stage('h.0', { target: 9e-8 }), stage('grad.w')));
  expect(text).toMatch(/Stages ─+ against the reference's model in float64/);
  expect(text).toContain('✓ 2 stages agree; the worst takes 90 % of what rounding explains');
  expect(text).toContain('✓ 1 gradient agrees; the worst takes 20 % of what rounding explains');
});

it('one that does not is named with both distances, in every kind of report', () => {
  const words = 'the target is 4.0e-3 from float64 and the reference 1.0e-8, where 1.0e-7 is rounding';
  const record = withStages(stage('embeddings'), stage('h.0 attention', { target: 4e-3, passed: false }));
  expect(terminal(record).replace(/\s+/g, ' ')).toContain(`✗ h.0 attention: ${words}`);
  expect(renderHtml({ record })).toContain('h.0 attention');
  expect(checksOf({ record }).filter(({ group, status }) => group === 'stages' && status === 'fail')).toEqual(
    [expect.objectContaining({ failedName: 'h.0 attention differs between the devices', message: words })],
  );
});

it('a run without them has no such section', () => {
  expect(terminal(agree)).not.toContain('Stages ─');
});
