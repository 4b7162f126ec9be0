import type { ReportSubject } from '@nanscope/record';
import { verdictOf } from '@nanscope/words';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import {
  agree,
  bothNaN,
  cells,
  claims,
  conformed,
  diagnosed,
  generated,
  kernelBug,
  matrix,
  misled,
  numbersDiffer,
  reduced,
  targetCrashed,
  trained,
} from '../fixtures.ts';
import { checksOf } from '../kinds/checks.ts';
import { type Reporter, reporters } from './index.ts';
import { renderJunit } from './junit.ts';
import { annotation, renderGithub, renderMarkdown } from './markdown.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** All elements in document order; throws where the document is not well-formed. */
function elements(xml: string): Element[] {
  const parser = new SaxesParser();
  const found: Element[] = [];
  const open: Element[] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    found.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (text) => {
    if (open.length > 0) open.at(-1)!.text += text;
  });
  parser.write(xml).close();
  return found;
}

const subjects: Record<string, ReportSubject> = {
  agree: { record: agree },
  bothNaN: { record: bothNaN },
  kernelBug: { record: kernelBug },
  numbersDiffer: { record: numbersDiffer },
  targetCrashed: { record: targetCrashed },
  train: { record: trained },
  generate: { record: generated },
  matrix: { record: matrix, cells },
  'matrix without cells': { record: matrix },
  claims: { record: claims },
  conform: { record: conformed },
  selftest: { record: misled },
  doctor: { record: diagnosed },
  reduce: { record: reduced },
};

describe('junit', () => {
  it.each(Object.entries(subjects))('%s is well-formed and counts what it holds', (_, subject) => {
    const all = elements(renderJunit(subject));
    const of = (name: string) => all.filter((element) => element.name === name);
    expect(of('testsuite')).toHaveLength(1);
    expect(of('testcase').length).toBeGreaterThan(0);
    for (const { attributes } of [...of('testsuite'), ...of('testsuites')])
      expect(attributes).toMatchObject({
        tests: String(of('testcase').length),
        failures: String(of('failure').length),
        skipped: String(of('skipped').length),
      });
    if (verdictOf(subject.record).exitCode !== 0) expect(of('failure').length).toBeGreaterThan(0);
  });

  it('a metric that differs is a failure that names the tolerance it would have needed', () => {
    const all = elements(renderJunit({ record: numbersDiffer }));
    const failed = all.filter(({ name }) => name === 'failure').map(({ attributes }) => attributes.message);
    expect(failed).toContainEqual(expect.stringMatching(/rtol needed .*allowed rtol/));
  });

  it('a case says how long it ran, where that was measured; a finding has no duration', () => {
    const timesOf = (subject: ReportSubject) =>
      Object.fromEntries(
        elements(renderJunit(subject))
          .filter(({ name }) => name === 'testcase')
          .map(({ attributes }) => [attributes.name, attributes.time]),
      );
    const seconds = 0.25;
    const cases = conformed.cases.map((one, i) => (i === 0 ? { ...one, seconds } : one));
    const conform = timesOf({ record: { ...conformed, cases } });
    expect(conform[cases[0]!.id]).toBe('0.250');
    expect(conform[cases[1]!.id]).toBeUndefined();
    const evaluation = timesOf({ record: agree });
    expect(evaluation['target completes']).toBe(agree.target!.metrics!.seconds.toFixed(3));
    expect(evaluation['the loss is finite']).toBeUndefined();
    const timed = cells.map((cell) => ({ ...cell, seconds }));
    expect(timesOf({ record: matrix, cells: timed })[cells[0]!.id]).toBe('0.250');
  });

  it('a refused case is skipped with its reason; a cell not as predicted fails', () => {
    const conform = elements(renderJunit({ record: conformed }));
    expect(conform.find(({ name }) => name === 'skipped')?.attributes.message).toBe(
      'softcap is not supported',
    );
    const failures = elements(renderJunit({ record: matrix, cells })).filter(
      ({ name }) => name === 'failure',
    );
    expect(failures.map(({ attributes }) => attributes.message)).toContain('loss: finite, predicted NaN');
  });

  it('a loss of NaN is no pass: a failure where the run failed, else skipped with the reason', () => {
    const found = (verdict: Partial<typeof bothNaN.verdict>) =>
      checksOf({ record: { ...bothNaN, verdict: { ...bothNaN.verdict, ...verdict } } })
        .filter(({ name }) => /^the loss|neither is finite|^loss$/.test(name))
        .map(({ name, status }) => `${name}: ${status}`);
    const title = 'The devices agree, and neither is finite';
    const of = (status: string) => ['the loss is finite', title].map((name) => `${name}: ${status}`);
    const finding = { finding: 'nan' as const, reason: 'asked for' };
    const alike = 'loss: skip';
    expect(found({})).toEqual([of('skip')[0], alike, of('skip')[1]]);
    expect(found({ findings: [{ ...finding, fails: false }] })).toEqual([
      of('skip')[0],
      alike,
      of('skip')[1],
    ]);
    const failed = found({ exitCode: 1, findings: [{ ...finding, fails: true }] });
    expect(failed).toEqual([of('fail')[0], alike, of('fail')[1]]);
  });

  it('a difference that does not fail the run is skipped, and the verdict is no pass', () => {
    const findings = [{ finding: 'differ' as const, fails: false, reason: 'not in --fail-on leak' }];
    const record = { ...kernelBug, verdict: { ...kernelBug.verdict, exitCode: 0 as const, findings } };
    const checks = checksOf({ record }).filter(({ group }) => group !== 'loss');
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(checks.at(-1)!.status).toBe('skip');
  });

  it('text that XML forbids comes through as escapes', () => {
    const sentence = `]]>&<x a="1">\u0000\u0008\ufffe\ud800 end`;
    const record = { ...agree, verdict: { ...agree.verdict, sentence } };
    const last = elements(renderJunit({ record }))
      .filter(({ name }) => name === 'system-out')
      .at(-1)!;
    expect(last.text).toBe(`]]>&<x a="1">\\u{0}\\u{8}\\u{fffe}\\u{d800} end (exit 0)`);
  });
});

describe('github', () => {
  it('escapes what would end a command or a property', () => {
    expect(annotation('error', 'a:b,c%', '100%\r\n::error::x')).toBe(
      '::error title=a%3Ab%2Cc%25::100%25%0D%0A::error::x',
    );
  });

  it.each(Object.entries(subjects))(
    '%s: one command a line, an error exactly where something failed',
    (_, subject) => {
      const lines = renderGithub(subject).trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(/^::(error|warning|notice) title=[^:,]*::/);
      expect(lines.length).toBeLessThanOrEqual(10);
      expect(lines[0]!.startsWith('::error')).toBe(verdictOf(subject.record).exitCode !== 0);
    },
  );

  it('titles a check that failed by its name, once, and says that it failed', () => {
    const [first] = conformed.cases;
    const cases = [{ ...first!, id: 'metamorphic:head-order', status: 'fail' as const }];
    expect(renderGithub({ record: { ...conformed, cases } })).toContain(
      '::error title=nanscope%3A failed%3A metamorphic%3Ahead-order::',
    );
  });

  it('text of a record starts no command of its own', () => {
    const record = { ...kernelBug, verdict: { ...kernelBug.verdict, sentence: 'x\n::add-mask::y' } };
    expect(renderGithub({ record })).not.toMatch(/^::add-mask/m);
  });
});

describe('markdown', () => {
  it('names the verdict, the counts and what failed', () => {
    const page = renderMarkdown({ record: conformed });
    expect(page).toContain('## nanscope conform: Does not conform');
    expect(page).toContain('4 checks: 1 passed, 2 failed, 1 skipped; exit 1.');
    expect(page).toContain('### Skipped');
  });

  it('text of a record makes no markup, no cell and no mention', () => {
    const reason = 'a | b <img src=x> **c** @team [x](https://y) `d`';
    const cases = conformed.cases.map((one) => ({ ...one, reason }));
    const row = renderMarkdown({ record: { ...conformed, cases } })
      .split('\n')
      .find((line) => line.includes('softcap'))!;
    expect(row.replace(/\\./g, '').match(/\|/g)).toHaveLength(5);
    expect(row).not.toMatch(/<img|(?<!\\)\*\*|(?<!\\)@|(?<!\\)\[|(?<!\\)`|:\/\//);
  });
});

it.each([agree, bothNaN, claims, conformed, diagnosed, kernelBug, matrix, reduced, targetCrashed, trained])(
  'knows its own text again by its beginning (%#)',
  (record) => {
    for (const [name, { render, own }] of Object.entries(reporters) as [string, Reporter][]) {
      const text = render?.({ record }, { width: 80, color: false, unicode: true }).slice(0, 2 ** 16);
      expect([name, text === undefined || (own?.test(text) ?? false)]).toEqual([name, true]);
    }
  },
);
