/** A curve chart as SVG: lanes told apart by dash and mark, steps that are not finite marked on top of it, never left out. */
import { fromJsonNumber, type JsonNumber } from '@nanscope/record';
import { count } from '@nanscope/words';
import { type Html, html } from './parts.ts';

export interface Series {
  readonly name: string;
  /** How it is drawn: `target`, `reference`, and `points` where each value is a mark of its own. */
  readonly lane: 'target' | 'reference';
  readonly points?: boolean;
  readonly values: readonly { readonly step: number; readonly value: JsonNumber }[];
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly totalSteps: number;
  /** A level with a name, such as an entropy rate. */
  readonly floor?: { readonly name: string; readonly value: number } | undefined;
  /** Steps that were not finite, by lane, beyond those the series show. */
  readonly nonFinite: readonly { readonly lane: Series['lane']; readonly step: number }[];
}

const WIDTH = 560;
const HEIGHT = 260;
const inner = { left: 62, right: 12, top: 34, bottom: 34 } as const;

/** Round values between two, about five of them. */
function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** The least and the largest; a spread argument list would have a limit. */
function extent(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
}

interface Scale {
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
}

/** A value between two that are not finite has no line to lie on: it is a mark, as every point of a sparse series is. */
function line({ values, lane, points }: Series, { x, y }: Scale): Html {
  const all = values.map(({ step, value }) => ({ step, value: fromJsonNumber(value) }));
  const drawn = (index: number) => Number.isFinite(all[index]?.value);
  const path = all.map(({ step, value }, index) =>
    drawn(index) ? `${drawn(index - 1) ? 'L' : 'M'}${x(step).toFixed(1)} ${y(value).toFixed(1)}` : '',
  );
  const marked = all.filter(
    (_, index) => drawn(index) && (points || !(drawn(index - 1) || drawn(index + 1))),
  );
  const mark = ({ step, value }: (typeof all)[number]) =>
    lane === 'target'
      ? html`<circle class="mark-target" cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="6"/>`
      : html`<rect class="mark-reference" x="${(x(step) - 3.5).toFixed(1)}" y="${(y(value) - 3.5).toFixed(1)}" width="7" height="7"/>`;
  return html`<path class="curve ${lane}${points && ' thin'}" d="${path.join('')}"/>${marked.map(mark)}`;
}

/** The steps of each lane whose value is not finite: those of the series and those named. */
function brokenSteps(
  series: readonly Series[],
  { nonFinite }: ChartOptions,
): Map<number, Set<Series['lane']>> {
  const found = new Map<number, Set<Series['lane']>>();
  const add = (step: number, lane: Series['lane']) =>
    found.set(step, (found.get(step) ?? new Set()).add(lane));
  for (const { values, lane } of series)
    for (const { step, value } of values) if (!Number.isFinite(fromJsonNumber(value))) add(step, lane);
  for (const { step, lane } of nonFinite) add(step, lane);
  return found;
}

function brokenMark(step: number, lanes: ReadonlySet<Series['lane']>, { x }: Scale): Html {
  const at = x(step).toFixed(1);
  return html`<g class="broken"><title>step ${step}: not finite on ${[...lanes].join(' and ')}</title><path d="M${at} ${inner.top - 6}V${HEIGHT - inner.bottom}"/><path class="cross" d="M${(x(step) - 5).toFixed(1)} ${inner.top - 17}l10 10m0 -10l-10 10"/></g>`;
}

/** One value is no curve: it stands in a sentence, beside the steps that are not finite. */
function oneValue(series: readonly Series[], { title, unit }: ChartOptions, broken: readonly number[]): Html {
  const [only] = series.flatMap(({ name, values }) =>
    values.flatMap((one) => (Number.isFinite(fromJsonNumber(one.value)) ? [{ name, ...one }] : [])),
  );
  const rest = broken.length === 0 ? '' : `; not finite: ${stepWords(broken)}`;
  return html`<p><strong>${title}</strong> <span class="dim">${unit}</span>: ${only!.name} ${short(fromJsonNumber(only!.value))} in step ${count(only!.step)}, the only finite value${rest}</p>
`;
}

const stepWords = (steps: readonly number[]): string =>
  `${steps.length === 1 ? 'step' : 'steps'} ${stepList(steps)}`;

/** The chart with its legend; in words where there is no finite value to draw, or only one. */
export function curveChart(series: readonly Series[], options: ChartOptions): Html {
  const shown = series.filter(({ values }) => values.length > 0);
  const values = shown
    .flatMap((one) => one.values.map(({ value }) => fromJsonNumber(value)))
    .filter(Number.isFinite);
  const broken = brokenSteps(shown, options);
  if (values.length === 1) return oneValue(shown, options, [...broken.keys()]);
  if (options.floor) values.push(options.floor.value);
  const [low, high] = values.length === 0 ? [0, 1] : extent(values);
  const pad = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  const [bottom, top] = [low - pad, high + pad];
  const x = (step: number) =>
    inner.left + ((step - 1) / Math.max(1, options.totalSteps - 1)) * (WIDTH - inner.left - inner.right);
  const y = (value: number) =>
    inner.top + ((top - value) / (top - bottom)) * (HEIGHT - inner.top - inner.bottom);
  const scale = { x, y };
  const said = `${options.title}: ${shown.map(({ name, values: own }) => `${name} ${own.at(0)?.value} to ${own.at(-1)?.value}`).join('; ')}; ${broken.size === 0 ? 'every step is finite' : `${count(broken.size)} places not finite, first step ${extent([...broken.keys()])[0]}`}`;
  const floor =
    options.floor &&
    html`<path class="floor" d="M${inner.left} ${y(options.floor.value).toFixed(1)}H${WIDTH - inner.right}"/>`;
  return html`<figure><figcaption><strong>${options.title}</strong> <span class="dim">${options.unit}</span></figcaption>
<div class="scroll" role="region" tabindex="0" aria-label="${options.title}, chart"><svg class="chart" role="img" aria-label="${said}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">${ticks(
    bottom,
    top,
  ).map(
    (value) =>
      html`<path class="grid" d="M${inner.left} ${y(value).toFixed(1)}H${WIDTH - inner.right}"/><text class="tick end" x="${inner.left - 8}" y="${(y(value) + 4).toFixed(1)}">${short(value)}</text>`,
  )}${ticks(1, Math.max(2, options.totalSteps))
    .filter(Number.isInteger)
    .map(
      (step) =>
        html`<text class="tick middle" x="${x(step).toFixed(1)}" y="${HEIGHT - 12}">${count(step)}</text>`,
    )}${floor}${[...broken].map(([step, lanes]) => brokenMark(step, lanes, scale))}${shown.map((one) => line(one, scale))}${
    values.length === 0 &&
    html`<text class="tick middle" x="${WIDTH / 2}" y="${HEIGHT / 2}">no finite value</text>`
  }</svg></div>
<ul class="legend">${shown.map(
    ({ name, lane, points }) =>
      html`<li><svg width="30" height="12" viewBox="0 0 30 12" aria-hidden="true" focusable="false"><path class="curve ${lane}${points && ' thin'}" d="M0 6H30"/>${points && (lane === 'target' ? html`<circle class="mark-target" cx="15" cy="6" r="5"/>` : html`<rect class="mark-reference" x="11.5" y="2.5" width="7" height="7"/>`)}</svg> ${name}</li>`,
  )}${options.floor && html`<li>┄ ${options.floor.name}</li>`}${
    broken.size > 0 &&
    html`<li><span class="bad" aria-hidden="true">✗</span> not finite: ${stepWords([...broken.keys()])}</li>`
  }</ul></figure>
`;
}

function stepList(steps: readonly number[]): string {
  const sorted = [...steps].sort((a, b) => a - b);
  const shown = sorted.slice(0, 12).map(count).join(', ');
  return sorted.length > 12 ? `${shown} and ${count(sorted.length - 12)} more` : shown;
}
