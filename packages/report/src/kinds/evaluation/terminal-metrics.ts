/** Metrics side by side, with the tolerance that each would have needed. */
import type { JsonNumber, MetricComparison, MetricsRecord, ResultRecord } from '@nanscope/record';
import {
  count,
  counted,
  difference,
  duration,
  measured,
  percent,
  rate,
  setting,
  tolerance,
} from '@nanscope/words';
import { heading, listed, type Page, ROOMY } from '../../terminal/page.ts';
import { cell, type Line, lineWidth, paragraph, span, type Tone } from '../../text/line.ts';

interface Row {
  readonly name: string;
  /** Undefined for what is shown and not compared. */
  readonly compared?: MetricComparison;
  readonly target?: string | undefined;
  readonly reference?: string | undefined;
}

const compared: readonly (keyof MetricsRecord)[] = ['loss', 'perplexity', 'accuracy'];

export function metricValue(name: string, number: JsonNumber): string {
  if (name === 'accuracy') return percent(number);
  return Number.isInteger(number) && name !== 'loss' && name !== 'perplexity'
    ? count(number as number)
    : measured(number);
}

function nonFiniteWords({ nonFinite: { nan, posInf, negInf } }: MetricsRecord): string {
  const parts = [
    nan > 0 ? `${count(nan)} NaN` : '',
    posInf > 0 ? `${count(posInf)} Inf` : '',
    negInf > 0 ? `${count(negInf)} -Inf` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'none' : parts.join(' ');
}

const told: readonly [string, (metrics: MetricsRecord) => string][] = [
  [
    'loss std. error',
    ({ lossError }) => (lossError === undefined ? '-' : String(Number(lossError.toPrecision(2)))),
  ],
  ['supervised tokens', (metrics) => count(metrics.tokens)],
  ['without an answer', (metrics) => count(metrics.unanswerable)],
  ['losses not finite', nonFiniteWords],
  ['batches', (metrics) => count(metrics.batches)],
  ['tokens per second', (metrics) => rate(metrics.tokensPerSecond)],
  ['time', (metrics) => duration(metrics.seconds)],
];

/** Metrics that are compared under another name than they are told. */
const comparedAs: Readonly<Record<string, string>> = {
  tokens: 'supervised tokens',
  unanswerable: 'without an answer',
  'NaN losses': 'losses not finite',
  'infinite losses': 'losses not finite',
};

/** Counts of what should not be there, which say nothing as long as they are zero. */
const silentAtZero = new Set(['unanswerable', 'infinite losses']);

export function metricRows(result: ResultRecord): Row[] {
  const target = result.target?.metrics;
  const reference = result.reference?.metrics;
  const metrics = result.comparison?.metrics ?? [];
  const covered = new Set(metrics.map(({ name }) => comparedAs[name] ?? name));
  const first: Row[] =
    metrics.length > 0
      ? metrics
          .filter(({ name, target: a, reference: b }) => !(silentAtZero.has(name) && a === 0 && b === 0))
          .map((metric) => ({
            name:
              metric.name === 'tokens' || metric.name === 'unanswerable'
                ? comparedAs[metric.name]!
                : metric.name,
            compared: metric,
            target: metricValue(metric.name, metric.target),
            reference: metricValue(metric.name, metric.reference),
          }))
      : compared.map((name) => ({
          name,
          target: target && metricValue(name, target[name] as JsonNumber),
          reference: reference && metricValue(name, reference[name] as JsonNumber),
        }));
  const rest = told
    .filter(([name]) => !covered.has(name))
    .map(([name, words]) => ({
      name,
      target: target && words(target),
      reference: reference && words(reference),
    }))
    .filter(({ name, target: a, reference: b }) => {
      // Told only where they say something: a count of nothing, or of the same batches, does not.
      if (name === 'without an answer') return (a ?? '0') !== '0' || (b ?? '0') !== '0';
      if (name === 'loss std. error')
        return target?.lossError !== undefined || reference?.lossError !== undefined;
      return name !== 'batches' || a !== b;
    });
  return [...first, ...rest];
}

/** What the mark before a metric says: `same` of two that are NaN or infinite alike, which makes neither of them right. */
export type Judgement = 'agrees' | 'differs' | 'same' | 'not judged';

/** Earlier versions judged these two by their class, and wrote a pass beside any two finite numbers. */
const onceUnjudged = new Set(['perplexity', 'accuracy']);

export function judgementOf(metric: MetricComparison): Judgement {
  if (!metric.pass) return 'differs';
  if (metric.class === 'same-class') return 'same';
  const apart = metric.target !== metric.reference;
  const unjudged = metric.judgedBy === undefined && apart && onceUnjudged.has(metric.name);
  return metric.judgedBy === 'nothing' || unjudged ? 'not judged' : 'agrees';
}

/** What there is to say besides the figures. */
export function judgementWords(metric: MetricComparison): string {
  const unjudged = judgementOf(metric) === 'not judged' ? 'not judged' : '';
  return [unjudged, metric.reason ?? ''].filter((part) => part !== '').join(': ');
}

/** `over the 512 labels that both have`, where that is not all of them. */
export function overWords({ metricsOver }: NonNullable<ResultRecord['comparison']>): string {
  return metricsOver === undefined ? '' : `over the ${counted(metricsOver, 'label')} that both have`;
}

export function differenceWords(metric: MetricComparison, narrow = false): string {
  if (metric.class === 'same-class') return `both ${metric.target}`;
  if (metric.class === 'class-differs') return narrow ? 'differs' : 'class differs';
  return difference(metric.relative);
}

/** The figure is the smallest rtol that passes; no tolerance makes one class into another. */
export function neededWords(metric: MetricComparison, none: string, narrow = false): string {
  if (metric.class === 'same-class' || judgementOf(metric) === 'not judged') return none;
  if (metric.class === 'class-differs') return narrow ? 'none' : 'none would do';
  return tolerance(metric.requiredRtol);
}

function valueTone(text: string): Tone {
  return /NaN|Inf/.test(text) ? 'bad' : 'plain';
}

export function metricsSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const { target, reference, comparison } = result;
  if (target?.metrics === undefined && reference?.metrics === undefined) return [];
  const lanes = (['target', 'reference'] as const).filter((role) => result[role] !== undefined);
  const twoLanes = lanes.length === 2;
  const partial = lanes.filter((role) => result[role]!.status !== 'complete');
  const remark = [
    partial.length > 0 ? `${listed(partial)} not complete` : '',
    comparison ? overWords(comparison) : '',
    comparison && partial.length === 0
      ? `pass: within rtol ${setting(comparison.rtol)} + atol ${setting(comparison.atol)}`
      : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
  // In full where the page has room for it.
  const narrow = width < ROOMY;
  const titles = narrow
    ? { difference: 'rel. diff.', needed: 'rtol' }
    : { difference: 'rel. difference', needed: 'rtol needed' };
  const body = metricRows(result).map((row) => {
    const mark =
      row.compared === undefined
        ? span('')
        : {
            agrees: span(glyphs.pass, 'good'),
            differs: span(glyphs.fail, 'bad'),
            same: span(glyphs.same, 'warn'),
            'not judged': span(glyphs.dot, 'dim'),
          }[judgementOf(row.compared)];
    const values = lanes.map((role) => row[role] ?? glyphs.none);
    return {
      mark,
      name: row.name,
      values,
      difference: row.compared === undefined ? '' : differenceWords(row.compared, narrow),
      needed: row.compared === undefined ? '' : neededWords(row.compared, glyphs.none, narrow),
      secondary: row.compared === undefined && comparison !== undefined,
    };
  });
  const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const markWidth = glyphs.pass.length + 1;
  const nameWidth = widest(body.map((row) => row.name));
  const valueWidth = Math.max(widest(lanes), widest(body.flatMap((row) => row.values)));
  const hasCompared = body.some((row) => row.difference !== '');
  // What is needed says more than how far apart two values are: where both do not fit, it stays.
  const valuesWidth = 2 + markWidth + nameWidth + lanes.length * (valueWidth + 1);
  const widths = hasCompared
    ? [
        widest([titles.difference, ...body.map((row) => row.difference)]),
        widest([titles.needed, ...body.map((row) => row.needed)]),
      ]
    : [];
  const others =
    width < valuesWidth + widths.reduce((sum, one) => sum + one + 1, 0) ? widths.slice(1) : widths;
  const fixed = valuesWidth - lanes.length + others.reduce((sum, one) => sum + one, 0);
  const columns = lanes.length + others.length;
  const gap = ' '.repeat(Math.max(1, Math.min(5, Math.floor((width - fixed) / columns))));
  const line = (mark: Line, name: Line, values: readonly Line[], said: readonly Line[]): Line => [
    span('  '),
    ...cell(mark, markWidth),
    ...cell(name, nameWidth),
    ...values.flatMap((item) => [span(gap), ...cell(item, valueWidth, 'right')]),
    ...others.flatMap((own, i) => [span(gap), ...cell(said.slice(-others.length)[i] ?? [], own, 'right')]),
  ];
  const header = line(
    [],
    [],
    lanes.map((role) => [span(role, 'dim')]),
    [[span(titles.difference, 'dim')], [span(titles.needed, 'dim')]],
  );
  const lines: Line[] = [heading(twoLanes ? 'Metrics, side by side' : 'Metrics', page, remark), header];
  for (const row of body) {
    const differenceTone: Tone =
      row.mark.tone === 'bad' ? 'bad' : row.difference.startsWith('both') ? 'warn' : 'plain';
    lines.push(
      line(
        [row.mark],
        [span(row.name, row.secondary ? 'dim' : 'strong')],
        row.values.map((text) => [
          span(text, row.secondary && valueTone(text) === 'plain' ? 'dim' : valueTone(text)),
        ]),
        [[span(row.difference, differenceTone)], [span(row.needed, differenceTone)]],
      ),
    );
  }
  for (const { compared: metric } of metricRows(result)) {
    const words = metric ? judgementWords(metric) : '';
    if (words !== '') lines.push(...paragraph(`${metric!.name} ${words}`, 'dim', width, 2 + markWidth));
  }
  return lines.filter((item) => lineWidth(item) > 0);
}
