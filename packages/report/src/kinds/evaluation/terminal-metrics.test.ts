import type { MetricComparison, ResultRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { finite, sameClass } from '../../fixtures/evaluation/compared.ts';
import { agree } from '../../fixtures.ts';
import { renderHtml } from '../../page/render.ts';
import { renderJunit } from '../../reporters/junit.ts';
import { renderGithub, renderMarkdown } from '../../reporters/markdown.ts';
import { renderTerminal } from './terminal.ts';
import { judgementOf } from './terminal-metrics.ts';

const reason = 'the answers to 9 labels differ; nearly equal logits may change places';

function withMetrics(...metrics: MetricComparison[]): ResultRecord {
  return { ...agree, comparison: { ...agree.comparison!, metrics } };
}

const terminal = (record: ResultRecord) => renderTerminal(record, { width: 120, color: false });
const html = (record: ResultRecord) =>
  renderHtml({ record })
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('a number beside a tick is judged', () => {
  const unjudged = withMetrics(finite('loss', 3, 3, 0), {
    ...finite('accuracy', 0, 0.25, 1),
    judgedBy: 'nothing',
    reason,
  });

  it.each<[string, MetricComparison]>([
    ['accuracy', finite('accuracy', 0, 0.25, 1)],
    ['perplexity', { ...finite('perplexity', 49.7, 5.36e105, 1), judgedBy: undefined }],
  ])('also in a record of an earlier version, which judged %s by its class alone', (_name, metric) => {
    expect(judgementOf(metric)).toBe('not judged');
  });

  it('on a terminal, which says why another is not', () => {
    expect(terminal(unjudged)).toMatch(/\n {2}· accuracy +0\.000 % +25\.000 % +1\.0e0 +–/);
    expect(terminal(unjudged)).toContain(`accuracy not judged: ${reason}`);
    expect(terminal(unjudged)).toMatch(/✓ loss/);
  });

  it('on a page', () => {
    expect(html(unjudged)).toMatch(
      new RegExp(`accuracy 0\\.000 % 25\\.000 % 1\\.0e0 – · not judged ${reason}`),
    );
  });

  it('in JUnit, Markdown and GitHub, where it is a check that was skipped', () => {
    expect(renderJunit({ record: unjudged })).toMatch(
      /name="accuracy"><skipped message="[^"]*not judged: the answers/,
    );
    expect(renderMarkdown({ record: unjudged })).toMatch(/\| – \| metrics \| accuracy \| .*not judged/);
    expect(renderGithub({ record: unjudged })).not.toContain('accuracy');
  });
});

describe('two NaN that merely match', () => {
  const same = withMetrics(sameClass('loss'));

  it('are the same, not right', () => {
    expect(judgementOf(sameClass('loss'))).toBe('same');
    expect(terminal(same)).toMatch(/\n {2}= loss/);
    expect(terminal(same)).not.toMatch(/✓ loss/);
    expect(html(same)).toMatch(/loss NaN NaN both NaN – = the same/);
    expect(renderJunit({ record: same })).toContain('= both NaN: the same on both devices, and not finite');
  });
});

it('metrics over a part of the rows say so', () => {
  const part = { ...agree, comparison: { ...agree.comparison!, metricsOver: 512 } };
  for (const said of [terminal(part), html(part), renderJunit({ record: part })])
    expect(said).toContain('over the 512 labels that both have');
});
