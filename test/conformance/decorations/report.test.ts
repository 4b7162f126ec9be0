/** A section that throws costs a report itself alone. */
import { expect, it, vi } from 'vitest';
import { agree } from '../../../packages/report/src/fixtures.ts';
import { renderTerminal } from '../../../packages/report/src/kinds/evaluation/terminal.ts';
import { renderHtml } from '../../../packages/report/src/page/render.ts';

const { fail } = vi.hoisted(() => ({
  fail: (what: string) => () => {
    throw new Error(`${what} is broken`);
  },
}));

vi.mock('../../../packages/report/src/kinds/evaluation/terminal-metrics.ts', () => ({
  metricsSection: fail('table'),
}));
vi.mock('../../../packages/report/src/kinds/evaluation/html-metrics.ts', () => ({ metrics: fail('table') }));

it.each([
  ['terminal', () => renderTerminal(agree, { width: 100, color: false })],
  ['page', () => renderHtml({ record: agree })],
])('the %s keeps its other sections and its verdict, and names what is missing', (_, render) => {
  const text = render();
  expect(text).toContain('metrics: left out, table is broken');
  expect(text).toContain(agree.verdict.sentence.slice(0, 30));
});

it('what a lane could not make is in both', () => {
  const target = { ...agree.target!, leftOut: ['the spread: left out, why'] };
  const record = { ...agree, target };
  expect(renderTerminal(record, { width: 100, color: false })).toContain('the spread: left out, why');
  expect(renderHtml({ record })).toContain('the spread: left out, why');
});
