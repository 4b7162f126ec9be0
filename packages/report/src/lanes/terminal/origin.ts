/** Where the first non-finite value was born, by which mechanism, how it spread, and what made values vanish. */
import type { CascadeRecord, LaunderingRecord, OriginRecord, ResultRecord } from '@nanscope/record';
import { padEnd } from '@nanscope/record';
import {
  coordinateWords,
  count,
  counted,
  keyWords,
  perLane,
  positionWords,
  type Said,
} from '@nanscope/words';
import { heading, listed, type Page } from '../../terminal/page.ts';
import { type Line, labelled, type Span, span } from '../../text/line.ts';

const labelWidth = 13;
const KILLS_SHOWN = 4;

function field(label: string, text: string, tone: Span['tone'], width: number): Line[] {
  return labelled(span(`  ${label}`, 'dim'), labelWidth, text, tone, width);
}

function originLines({ who, value: { origin, picture } }: Said<Found>, page: Page, named: boolean): Line[] {
  const { width, glyphs } = page;
  if (origin === undefined) return [];
  const what = positionWords(origin, picture);
  const where = coordinateWords(origin) + (what === undefined ? '' : `, ${what}`);
  return [
    ...labelled(
      span(`  ${glyphs.origin} born at`, 'gen'),
      labelWidth,
      `${keyWords(origin.key)}${named ? `, on ${who}` : ''}`,
      'strong',
      width,
    ),
    ...field(
      '',
      `${where}, in ${page.unit === 'batch' ? `batch ${count(origin.batch)} of the data` : `step ${count(origin.batch)}`}`,
      'plain',
      width,
    ),
    ...field('mechanism', origin.mechanism.name, 'strong', width),
    ...field('', origin.mechanism.evidence, 'plain', width),
    ...turnLines(origin, width),
  ];
}

/** An infinity was born; the NaN came later. */
function turnLines({ becameNaN }: OriginRecord, width: number): Line[] {
  if (becameNaN === undefined) return [];
  const { key, mechanism } = becameNaN;
  return [
    ...field('became NaN', `at ${keyWords(key)} ${coordinateWords(becameNaN)}`, 'strong', width),
    ...field('', `${mechanism.name}: ${mechanism.evidence}`, 'plain', width),
  ];
}

const PLACES_SHOWN = 4;

/** `rows 0 to 4, 6 and 7`. */
function rowWords(rows: readonly number[]): string {
  const runs: number[][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === row - 1) last.push(row);
    else runs.push([row]);
  }
  const parts = runs.flatMap((run) => (run.length > 2 ? [`${run[0]} to ${run.at(-1)}`] : run.map(String)));
  return `${rows.length === 1 ? 'row' : 'rows'} ${listed(parts)}`;
}

export interface Step {
  readonly layer: string;
  readonly why: string;
  /** Positions to the batch rows that turned there. */
  readonly places: Map<string, number[]>;
}

/** Neighbouring entries at the same layer for the same reason are one step; rows with the same positions one place. */
export function spreadSteps(spread: CascadeRecord['spread']): Step[] {
  const steps: Step[] = [];
  for (const { layer, row, from, to, why } of spread) {
    let step = steps.at(-1);
    if (step?.layer !== layer || step.why !== why) {
      step = { layer, why, places: new Map() };
      steps.push(step);
    }
    const positions = from === to ? `position ${from}` : `positions ${from} to ${to}`;
    step.places.set(positions, [...(step.places.get(positions) ?? []), row]);
  }
  return steps;
}

export function placeWords({ places }: Step): string {
  const all = [...places].map(([positions, rows]) => `${rowWords(rows)} ${positions}`);
  const hidden = [...places.values()].slice(PLACES_SHOWN).reduce((sum, rows) => sum + rows.length, 0);
  if (hidden === 0) return listed(all);
  return listed([...all.slice(0, PLACES_SHOWN), counted(hidden, 'more row')]);
}

function spreadLines({ value: { spread, origin } }: Said<Found>, { width }: Page): Line[] {
  const known = origin === undefined ? '' : `: ${origin.mechanism.evidence}`;
  return spreadSteps(spread).flatMap((step, index) => {
    const label = `${padEnd(index === 0 ? '  spread' : '', labelWidth)}${index + 1}. `;
    // The evidence of the mechanism stands above already.
    const why = step.why.replace(known, '');
    const places = labelled(
      span(label, 'dim'),
      labelWidth + 3,
      `${step.layer}: ${placeWords(step)}`,
      'plain',
      width,
    );
    return [...places, ...labelled(span(''), labelWidth + 3, why, 'dim', width)];
  });
}

/** `NaN of attn probs [batch 0, head 1, query 2, key 0]: the other branch is taken`. */
export const launderedWords = (laundering: LaunderingRecord): string =>
  `${laundering.kind} of ${keyWords(laundering.from)} ${coordinateWords(laundering)}: ${laundering.how}`;

/** The launderings, and of the other kills the names. */
export function partedKills({ kills, laundered = [] }: Pick<Found, 'kills' | 'laundered'>) {
  const hidden = new Set(laundered.map(({ key }) => key));
  return { laundered, others: kills.filter((key) => !hidden.has(key)) };
}

function killLines({ value }: Said<Found>, { width }: Page): Line[] {
  const { laundered, others } = partedKills(value);
  const names = others.slice(0, KILLS_SHOWN).map(keyWords);
  const more = (all: number) => (all > KILLS_SHOWN ? `, and ${count(all - KILLS_SHOWN)} more` : '');
  return [
    ...laundered
      .slice(0, KILLS_SHOWN)
      .flatMap((one, index) => [
        ...field(index === 0 ? 'laundered' : '', `at ${keyWords(one.key)}`, 'strong', width),
        ...field('', launderedWords(one), 'plain', width),
      ]),
    ...(laundered.length > KILLS_SHOWN
      ? field('', `${count(laundered.length - KILLS_SHOWN)} more`, 'plain', width)
      : []),
    ...(others.length > 0 ? field('killed by', names.join(', ') + more(others.length), 'plain', width) : []),
  ];
}

interface Found {
  origin: CascadeRecord['origin'];
  picture: CascadeRecord['picture'];
  spread: CascadeRecord['spread'];
  kills: string[];
  laundered?: CascadeRecord['laundered'];
}

export function originSection(result: ResultRecord, page: Page): Line[] {
  const both = result.target?.cascade !== undefined && result.reference?.cascade !== undefined;
  const found = perLane(result, ({ cascade }): Found | undefined => {
    if (cascade === undefined) return undefined;
    const { origin, picture, spread, kills, laundered } = cascade;
    return origin === undefined && spread.length === 0 && kills.length === 0
      ? undefined
      : { origin, picture, spread, kills, laundered };
  });
  if (found.length === 0) return [];
  const lines: Line[] = [];
  for (const said of found) {
    if (lines.length > 0) lines.push([]);
    lines.push(
      ...originLines(said, page, both && said.who !== 'both devices'),
      ...spreadLines(said, page),
      ...killLines(said, page),
    );
  }
  return [
    heading('Origin and spread', page, both && found[0]!.who === 'both devices' ? 'both devices' : ''),
    ...lines,
  ];
}
