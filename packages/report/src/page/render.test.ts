import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import type { ReportSubject } from '@nanscope/record';
import { stringifyExact } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import {
  agree,
  bothNaN,
  cells,
  claims,
  conformed,
  diagnosed,
  kernelBug,
  matrix,
  misled,
  noReference,
  reduced,
  targetCrashed,
  trained,
  trainGradNorms,
} from '../fixtures.ts';
import { renderHtml } from './render.ts';

const subjects: Record<string, ReportSubject> = {
  agree: { record: agree },
  bothNaN: { record: bothNaN },
  kernelBug: { record: kernelBug },
  noReference: { record: noReference },
  targetCrashed: { record: targetCrashed },
  train: { record: trained, gradNorms: trainGradNorms },
  matrix: { record: matrix, cells },
  claims: { record: claims },
  reduce: { record: reduced },
  conform: { record: conformed },
  selftest: { record: misled },
  doctor: { record: diagnosed },
};

const textOf = (page: string, tag: string, attributes = '') =>
  new RegExp(`<${tag}${attributes}>([\\s\\S]*?)</${tag}>`).exec(page)![1]!;
const sha = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** Tags and text, without the embedded record, the script and the style. */
const shown = (page: string) => page.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');

describe.each(Object.entries(subjects))('the page of %s', (_, subject) => {
  const page = renderHtml(subject);

  it('forbids everything but its own script and style, named by their hashes', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll('&#39;', "'");
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${sha(textOf(page, 'style'))}`,
      `script-src ${sha(textOf(page, 'script'))}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page.match(/<script/g)).toHaveLength(2);
    // What such a policy would block: styles and handlers in attributes; and anything that would be fetched.
    expect(shown(page)).not.toMatch(/<[^>]*\s(style|on\w+|src|srcset|data)=/);
    expect([...shown(page).matchAll(/href="([^"]*)"/g)].filter(([, to]) => !to!.startsWith('#'))).toEqual([]);
  });

  it('holds the record itself, and is the same each time', () => {
    const embedded = JSON.parse(textOf(page, 'script', ' type="application/json" id="record"'));
    expect(embedded).toEqual(JSON.parse(stringifyExact(subject.record)));
    expect(renderHtml(subject)).toBe(page);
  });

  it('has one h1, no id twice, and a place for every link', () => {
    expect(page.match(/<h1/g)).toHaveLength(1);
    const ids = [...shown(page).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, to] of shown(page).matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(to);
  });

  it('has its command once, under the verdict', () => {
    const [, ...sections] = shown(page).split(/<section /);
    const command = /<p class="command"><code>([\s\S]*?)<\/code>/.exec(sections[0]!)?.[1];
    expect(command).toMatch(/^nanscope /);
    for (const one of sections.slice(1))
      expect(one, one.slice(0, 40)).not.toContain(`<p class="command"><code>${command}</code>`);
  });

  it('tells the verdict first, with its exit code', () => {
    expect(page.indexOf('<h1')).toBeLessThan(page.indexOf('<h2'));
    expect(page).toMatch(/exit \d+<\/p><\/section>/);
  });
});

it('the script is a script', () => {
  expect(() => new Script(textOf(renderHtml({ record: agree }), 'script'))).not.toThrow();
});

describe('an evaluation', () => {
  it('folds away what says nothing new: intended ops, machines, and why a device was chosen', () => {
    const folded = (record: typeof agree) =>
      [...shown(renderHtml({ record })).matchAll(/<details><summary>([^<]*)</g)].map(([, text]) => text);
    expect(folded(agree)).toContainEqual(expect.stringMatching(/^\d+ ops? with an intended one, drawn/));
    expect(folded(bothNaN)).not.toContainEqual(expect.stringMatching(/with an intended one, drawn/));
    expect(folded(agree)).toContain('Why this device, and the machine');
    const environment = [{ name: 'driver', reference: '1', target: '2' }];
    const comparison = { ...agree.comparison!, environment, configuration: [] };
    expect(folded({ ...agree, comparison })).toContain('1 fact about machines and versions differs');
    const configuration = [{ name: 'limit', reference: '1', target: '2' }];
    expect(folded({ ...agree, comparison: { ...comparison, configuration } })).not.toContainEqual(
      expect.stringMatching(/about machines/),
    );
  });

  it('draws each op once with its class on both devices, and marks the origin', () => {
    const page = shown(renderHtml({ record: bothNaN }));
    const ops = [...page.matchAll(/<button type="button" class="op[\s\S]*?<\/button>/g)].map(([op]) => op);
    expect(ops).toHaveLength(bothNaN.comparison!.cascade.length);
    const origin = ops.filter((op) => op.includes('◆'));
    expect(origin).toHaveLength(1);
    expect(origin[0]!.match(/#node-gen/g)).toHaveLength(2);
    expect(origin[0]).toContain('fully masked row');
    expect(origin[0]).toContain('target: gen, 864 NaN of 9,216');
    const kill = ops.find((op) => op.includes('ArgMax'))!;
    expect(kill).toContain('#node-kill');
  });

  it('draws an op that differs as different', () => {
    const page = shown(renderHtml({ record: kernelBug }));
    const differing = kernelBug.comparison!.cascade.filter(({ diverges }) => diverges).length;
    expect(page.match(/class="op diverges"/g)).toHaveLength(differing);
    expect(page).toContain('kernel bug suspected');
  });

  it('draws every position of every layer of a row that is not finite, NaN with its letter', () => {
    const page = shown(renderHtml({ record: bothNaN }));
    const picture = /<svg class="heat"[\s\S]*?<\/svg>/.exec(page)![0];
    const lines = picture.split('<g class="layer-line"').slice(1);
    const widths = lines.map((line) =>
      [...line.matchAll(/<rect class="(nan|infinity|finite|unmeasured)"[^>]*width="(\d+)"/g)].reduce(
        (sum, [, , width]) => sum + Number(width),
        0,
      ),
    );
    expect(new Set(widths)).toEqual(new Set([9 * 24]));
    expect(picture).toMatch(/class="letter nan"[^>]*>N</);
    expect(page).toContain('batch row 1: not finite at h.0: positions 0 to 6');
  });
});

describe('labels that differ', () => {
  it('stand in quotes, since one can be a blank', () => {
    const [first] = kernelBug.comparison!.labels.differing;
    const labels = { ...kernelBug.comparison!.labels, differing: [{ ...first!, text: ' ' }] };
    const comparison = { ...kernelBug.comparison!, labels };
    expect(renderHtml({ record: { ...kernelBug, comparison } })).toContain("<code>' '</code>");
  });
});

describe('a training run', () => {
  it('marks every step that is not finite in every chart, and draws values between two such', () => {
    const page = shown(renderHtml({ record: trained, gradNorms: trainGradNorms }));
    const charts = page.match(/<svg class="chart"[\s\S]*?<\/svg>/g)!;
    expect(charts).toHaveLength(2);
    for (const chart of charts) {
      expect([...chart.matchAll(/<title>step (\d+):/g)].map(([, step]) => step)).toEqual(['2', '4']);
      expect(chart).not.toMatch(/NaN[\d ]|[ML]NaN| NaN"|Infinity"/);
    }
    expect(charts[1]!.match(/<circle class="mark-target"/g)).toHaveLength(2); // Steps 1 and 3, alone between two gaps.
    expect(page).toContain('not finite: steps 2, 4');
  });

  it('says one value as a number, and draws no curve of it', () => {
    const training = { ...trained.target!.training, curve: [{ step: 1, loss: 5.529 }], validation: [] };
    const page = renderHtml({
      record: { ...trained, target: { ...trained.target!, training }, reference: undefined },
    });
    expect(page).toMatch(/training, target 5\.529 in step 1, the only finite value; not finite: step/);
    expect(page).not.toContain('class="chart"');
  });

  it('says so where there is no gradient norm', () => {
    expect(renderHtml({ record: trained })).toContain('The gradient norm of each step is in the run folder');
  });
});

describe('a matrix', () => {
  it('has a row a cell with what filters need, and the sets that are enough', () => {
    const page = shown(renderHtml({ record: matrix, cells }));
    const rows = page.match(/<tr data-id="[^"]*" data-f-padding-side="[^"]*"[^>]*>/g)!;
    expect(rows).toHaveLength(4);
    expect(rows[0]).toContain('data-o-loss="NaN"');
    expect(rows.filter((row) => row.includes('data-predicted="no"'))).toHaveLength(1);
    expect(page).toMatch(/row-guard = <strong>none<\/strong>/);
  });
});

describe('a conformance run', () => {
  it('shows failures first, with why and what would have been needed', () => {
    const page = shown(renderHtml({ record: conformed }));
    const order = [...page.matchAll(/<tr data-suite="[^"]*" data-status="([^"]*)"/g)].map(
      ([, status]) => status,
    );
    expect(order).toEqual(['fail', 'refused', 'pass']);
    expect(page).toContain('NaN at 3 against 0.5; required Infinity, allowed 0');
  });
});

describe('hostile text', () => {
  const poison = `</script><img src=x onerror=alert(1)>"'\`\u202e\u0007\u2028`;
  const poisoned = (value: unknown, key = ''): unknown => {
    const structural = ['kind', 'class', 'status', 'role', 'code', 'verdict', 'question', 'schema', 'level'];
    const enums = ['observer', 'attention', 'action', 'origin', 'tone', 'rows', 'loss', 'cells'];
    if (typeof value === 'string')
      return structural.includes(key) || enums.includes(key) || /^(NaN|-?Infinity)$/.test(value)
        ? value
        : value + poison;
    if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]));
  };

  it.each(Object.entries(subjects))('is inert in every field of %s', (_, subject) => {
    const page = renderHtml(poisoned(subject) as ReportSubject);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img/i);
    for (const hidden of ['\u0007', '\u202e', '\u2028']) expect(page).not.toContain(hidden);
    // Every tag that is there is one that the same report without poison has.
    const tags = (text: string) =>
      new Set([...shown(text).matchAll(/<\/?([a-z][\w-]*)/gi)].map(([, tag]) => tag));
    const known = tags(renderHtml(subject));
    expect([...tags(page)].filter((tag) => !known.has(tag))).toEqual([]);
  });
});
