/**
 * A loss curve as text: the training loss as a line of dots, validation losses as marks on it, and a dashed line where no model can go below. What is not finite stands in a row of its own, never left out.
 */
import {
  type CurvePoint,
  fromJsonNumber,
  type LaneRecord,
  padStart,
  type ResultRecord,
  type TrainLaneRecord,
  type TrainResultRecord,
} from '@nanscope/record';
import { type Line, lineWidth, type Span, span } from '../../text/line.ts';

export interface ChartData {
  readonly curve: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
  /** The entropy rate of the text, where it is known. */
  readonly floor?: number | undefined;
  readonly totalSteps: number;
}

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly unicode: boolean;
}

interface Signs {
  readonly training: string;
  /** On the way from one point to the next. */
  readonly between: string;
  readonly validation: string;
  readonly floor: string;
  readonly axis: string;
  readonly corner: string;
}

const signs: Readonly<Record<'unicode' | 'ascii', Signs>> = {
  unicode: { training: '•', between: '·', validation: '◇', floor: '╌', axis: '│', corner: '└' },
  ascii: { training: '*', between: '.', validation: 'o', floor: '-', axis: '|', corner: '+' },
};

const labelWidth = 9;

/** Where the numbers of a chart lie: the rows of values, the columns of steps. Pure. */
interface Scale {
  readonly row: (value: number) => number;
  readonly column: (step: number) => number;
  readonly top: number;
  readonly bottom: number;
}

function scaleOf({ curve, validation, floor, totalSteps }: ChartData, columns: number, rows: number): Scale {
  const values = [...curve, ...validation].map(({ loss }) => fromJsonNumber(loss)).filter(Number.isFinite);
  if (floor !== undefined) values.push(floor);
  const top = Math.max(...values);
  const bottom = Math.min(...values);
  const spread = top - bottom || 1;
  return {
    row: (value) => Math.round(((top - value) / spread) * (rows - 1)),
    column: (step) => Math.min(columns - 1, Math.floor(((step - 1) / Math.max(1, totalSteps)) * columns)),
    top,
    bottom,
  };
}

const finitePoints = ({ curve, validation }: ChartData): number =>
  [...curve, ...validation].filter(({ loss }) => Number.isFinite(fromJsonNumber(loss))).length;

/** Lines of the chart with its axes; empty where fewer than two values are finite. */
export function chartLines(data: ChartData, { width, height: most, unicode }: ChartOptions): Line[] {
  const sign = signs[unicode ? 'unicode' : 'ascii'];
  const columns = width - labelWidth - 3;
  const { row, column, top, bottom } = scaleOf(data, columns, most);
  // No curve has one point, as after a stop in the second step: the loss of it stands in a sentence.
  if (!Number.isFinite(top) || finitePoints(data) === 1) return [];
  const height = top === bottom ? 1 : most;
  const cells: Span[][] = Array.from({ length: height }, () =>
    Array.from({ length: columns }, () => span(' ')),
  );
  const broken = new Set<number>();
  const put = (points: readonly CurvePoint[], mark: Span) => {
    for (const { step, loss } of points) {
      const value = fromJsonNumber(loss);
      if (Number.isFinite(value)) cells[row(value)]![column(step)] = mark;
      else broken.add(column(step));
    }
  };
  const line = (points: readonly CurvePoint[], mark: Span) => {
    for (const [at, { step, loss }] of points.entries()) {
      const [from, next] = [fromJsonNumber(loss), points[at + 1]];
      const to = next === undefined ? Number.NaN : fromJsonNumber(next.loss);
      if (!Number.isFinite(from) || !Number.isFinite(to)) continue;
      const [first, last] = [column(step), column(next!.step)];
      for (let x = first + 1; x < last; x++)
        cells[row(from + ((to - from) * (x - first)) / (last - first))]![x] = mark;
    }
  };
  if (data.floor !== undefined) cells[row(data.floor)]!.fill(span(sign.floor, 'dim'));
  line(data.curve, span(sign.between, 'dim'));
  put(data.curve, span(sign.training, 'note'));
  put(data.validation, span(sign.validation, 'good'));
  const label = (value: number | undefined) =>
    padStart(value === undefined ? '' : value.toFixed(3), labelWidth);
  const lines: Line[] = cells.map((line, at) => [
    span(`${label(at === 0 ? top : at === height - 1 ? bottom : undefined)} ${sign.axis} `, 'dim'),
    ...merged(line),
  ]);
  if (broken.size > 0) {
    const marks = Array.from({ length: columns }, (_, at) => (broken.has(at) ? 'N' : ' ')).join('');
    lines.push([span(`${padStart('NaN, Inf', labelWidth)} ${sign.axis} `, 'dim'), span(marks, 'bad')]);
  }
  const last = `step ${data.totalSteps}`;
  const foot = `1${' '.repeat(Math.max(1, columns - 1 - last.length))}${last}`;
  lines.push([span(`${' '.repeat(labelWidth)} ${sign.corner} ${foot}`, 'dim')]);
  return lines;
}

/** Neighbours of one tone as one span. */
function merged(cells: readonly Span[]): Span[] {
  const spans: Span[] = [];
  for (const cell of cells) {
    const last = spans.at(-1);
    if (last && last.tone === cell.tone) spans[spans.length - 1] = span(last.text + cell.text, last.tone);
    else spans.push(cell);
  }
  return spans;
}

/** What the marks mean, for below the chart. */
export function chartLegend({ validation, floor }: ChartData, width: number, unicode: boolean): Line[] {
  const sign = signs[unicode ? 'unicode' : 'ascii'];
  const parts: Line[] = [
    [span(`${sign.training} `, 'note'), span('training loss', 'dim')],
    ...(validation.length > 0 ? [[span(`${sign.validation} `, 'good'), span('validation loss', 'dim')]] : []),
    ...(floor === undefined ? [] : [[span(`${sign.floor} entropy rate`, 'dim')]]),
    [span('nats per token', 'dim')],
  ];
  const indent = span(' '.repeat(labelWidth + 3));
  const lines: Line[] = [];
  for (const part of parts) {
    const longer = lines.length > 0 ? [...lines.at(-1)!, span('   '), ...part] : [];
    if (longer.length > 0 && lineWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push([indent, ...part]);
  }
  return lines;
}

function asLane({ data, training: _, kind: __, ...lane }: TrainLaneRecord): LaneRecord {
  return { ...lane, kind: 'lane', data: { source: data.source, rows: data.training, truncated: 0 } };
}

/** A training run as far as it is like an evaluation, so that devices and cascades are shown by the same sections. Pure. */
export function asEvaluation({
  command,
  folder,
  target,
  reference,
  comparison,
}: TrainResultRecord): ResultRecord {
  return {
    schemaVersion: 1,
    kind: 'eval',
    command,
    ...(folder !== undefined && { folder }),
    ...(target && { target: asLane(target) }),
    ...(reference && { reference: asLane(reference) }),
    ...(comparison && {
      comparison: {
        ...comparison,
        metrics: [],
        labels: { compared: 0, unpaired: 0, differing: [], differingCut: 0, requiredRtol: 0 },
      },
    }),
    // Not shown: the verdict of a training run has a section of its own.
    verdict: { code: 'no-reference', exitCode: 0, sentence: '', next: '' },
  };
}
