/** The report of a training run: curves of both devices, steps that were not finite, step-by-step agreement, the cascade. */
import {
  type QuantityComparison,
  type ReportSubject,
  sanitizeRecord,
  type TrainResultRecord,
} from '@nanscope/record';
import { count, duration, measured, rate, roles, setting, tolerance } from '@nanscope/words';
import { type ChartOptions, curveChart, type Series } from '../../html/curve-chart.ts';
import { badge, html, type Section, section, table } from '../../html/parts.ts';
import { cascadeGraph } from '../../lanes/html/cascade-graph.ts';
import { devices, settings, tracing } from '../../lanes/html/devices.ts';
import { heatMap } from '../../lanes/html/heat-map.ts';
import { origin } from '../../lanes/html/origin.ts';
import { cascadeSection } from '../../lanes/terminal/cascade.ts';
import { devicesSection } from '../../lanes/terminal/devices.ts';
import { settingsSection, tracingSection } from '../../lanes/terminal/header.ts';
import { originSection } from '../../lanes/terminal/origin.ts';
import { pictureSection } from '../../lanes/terminal/picture.ts';
import { type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, paint } from '../../text/line.ts';
import { asEvaluation } from './chart.ts';
import { hitWords, lanesSection, trainHeader, trainingSection } from './sections.ts';

type Values = Series['values'];

function seriesOf(
  name: string,
  pick: (role: (typeof roles)[number]) => Values | undefined,
  points = false,
): Series[] {
  return roles.flatMap((role) => {
    const values = pick(role);
    return values === undefined ? [] : [{ name: `${name}, ${role}`, lane: role, values, points }];
  });
}

function curves(result: TrainResultRecord, gradNorms: ReportSubject['gradNorms']): Section[] {
  const lanes = roles.flatMap((role) =>
    result[role] ? [{ role, training: result[role].training, data: result[role].data }] : [],
  );
  if (lanes.length === 0) return [];
  const points = (
    values: readonly { step: number; loss: Values[number]['value'] }[] | undefined,
  ): Values | undefined => values?.map(({ step, loss }) => ({ step, value: loss }));
  const shared: Omit<ChartOptions, 'title' | 'unit'> = {
    totalSteps: Math.max(...lanes.map(({ training }) => training.totalSteps)),
    nonFinite: lanes.flatMap(({ role, training }) =>
      training.nonFinite.map(({ step }) => ({ lane: role, step })),
    ),
  };
  const entropy = lanes[0]!.data.entropyRate;
  return [
    section(
      'curves',
      'Curves',
      html`<div class="charts">${[
        curveChart(
          [
            ...seriesOf('training', (role) => points(result[role]?.training.curve)),
            ...seriesOf('validation', (role) => points(result[role]?.training.validation), true),
          ],
          {
            ...shared,
            title: 'Loss',
            unit: 'nats per token, by step',
            floor: entropy === undefined ? undefined : { name: 'entropy rate of the corpus', value: entropy },
          },
        ),
        gradNorms
          ? curveChart(
              seriesOf('gradient norm', (role) => points(gradNorms[role])),
              { ...shared, title: 'Gradient norm', unit: 'before clipping, by step' },
            )
          : html`<p class="dim">The gradient norm of each step is in the run folder, which this report was made without.</p>`,
      ]}</div>
`,
    ),
  ];
}

function lanesTable(result: TrainResultRecord): Section[] {
  const lanes = roles.flatMap((role) => (result[role] ? [{ ...result[role], role }] : []));
  if (lanes.length === 0) return [];
  const row = (name: string, words: (lane: (typeof lanes)[number]) => string | undefined) => ({
    cells: [name, ...lanes.map((lane) => words(lane) ?? '–')],
  });
  const hits = lanes.flatMap(({ role, training }) =>
    training.nonFinite.map((hit) => ({
      cells: [count(hit.step), role, measured(hit.loss), measured(hit.gradNorm), hitWords(hit)],
    })),
  );
  const cut = lanes.reduce((sum, { training }) => sum + training.nonFiniteCut, 0);
  return [
    section(
      'training',
      'Training',
      table(
        'How far each device came',
        ['', ...lanes.map(({ role }) => role)],
        [
          row('status', ({ status, failure }) => (failure === undefined ? status : `${status}: ${failure}`)),
          row('steps', ({ training }) => `${count(training.steps)} of ${count(training.totalSteps)}`),
          row('loss of the last step', ({ training }) =>
            training.loss === undefined ? undefined : measured(training.loss),
          ),
          row('gradient norm', ({ training }) =>
            training.gradNorm === undefined ? undefined : measured(training.gradNorm),
          ),
          row('last validation loss', ({ training }) => {
            const last = training.validation.at(-1);
            return last && measured(last.loss);
          }),
          row(
            'best validation loss',
            ({ training }) =>
              training.best && `${measured(training.best.loss)} after step ${count(training.best.step)}`,
          ),
          row('updates left out', ({ training }) => count(training.skipped)),
          row(
            'tokens',
            ({ training }) =>
              `${count(training.tokens)} in ${duration(training.seconds)}, ${rate(training.tokensPerSecond)} a second`,
          ),
          row('saved', ({ training }) => training.saved),
        ],
        { figures: [1, 2] },
      ),
      hits.length > 0 &&
        table(
          'Steps that were not finite',
          ['step', 'lane', 'loss', 'gradient norm', 'what was done'],
          hits,
          { figures: [2, 3] },
        ),
      cut > 0 && html`<p class="dim">and ${count(cut)} more</p>`,
      hits.length === 0 && html`<p>${badge('pass', 'every step is finite')}</p>`,
    ),
  ];
}

function agreement({ comparison }: TrainResultRecord): Section[] {
  if (!comparison) return [];
  const at = (difference: QuantityComparison['firstBeyond']) =>
    difference === undefined
      ? '–'
      : `step ${count(difference.step)}: ${measured(difference.target)} and ${measured(difference.reference)}`;
  const rows = comparison.quantities.map((one) => {
    const pass = !one.firstClassDifference && !one.firstBeyond;
    return {
      cells: [
        one.name === 'gradNorm' ? 'gradient norm' : one.name,
        count(one.compared),
        at(one.firstClassDifference),
        at(one.firstBeyond),
        tolerance(one.requiredRtol),
        one.compared === 0
          ? badge('skip', 'nothing to compare')
          : !pass
            ? badge('fail', 'differs')
            : one.sameNonFinite
              ? badge('same', `the same, ${count(one.sameNonFinite)} NaN or infinite`)
              : badge('pass', 'agrees'),
      ],
    };
  });
  const caption = `Target and reference at every step; pass: within rtol ${setting(comparison.rtol)} + atol ${setting(comparison.atol)}`;
  return [
    section(
      'steps',
      'Step by step',
      table(
        caption,
        [
          'quantity',
          'compared',
          'classes differ first',
          'beyond the tolerance first',
          'rtol needed',
          'verdict',
        ],
        rows,
        { figures: [1, 4] },
      ),
    ),
  ];
}

export function trainingSections(result: TrainResultRecord, { gradNorms }: ReportSubject): Section[] {
  const shared = asEvaluation(result);
  return [
    ...curves(result, gradNorms),
    ...lanesTable(result),
    ...agreement(result),
    ...cascadeGraph(shared, 'step'),
    ...origin(shared, 'step'),
    ...tracing(shared, 'step'),
    ...heatMap(shared),
    ...devices(shared),
    ...settings(result),
  ];
}

// The report of a training run on a terminal: what was trained, on what, the curve, the cascade if there is one, what to do next.

/** As `renderTerminal`, for a training run. */
export function renderTraining(
  result: TrainResultRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(result, unicode);
  const shared = asEvaluation(clean);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode, 'step');
  const sections: readonly ((layout: Page) => Line[])[] = [
    (layout) => trainHeader(clean, layout),
    (layout) => devicesSection(shared, layout),
    (layout) => settingsSection(shared, layout),
    (layout) => trainingSection(unicode)(clean, layout),
    (layout) => lanesSection(clean, layout),
    (layout) => cascadeSection(shared, layout),
    (layout) => originSection(shared, layout),
    (layout) => tracingSection(shared, layout),
    (layout) => pictureSection(shared, layout),
    (layout) => verdictSection(clean, layout),
  ];
  const lines: Line[] = [];
  for (const section of sections) {
    const own = section(layout);
    if (own.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...own);
  }
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
