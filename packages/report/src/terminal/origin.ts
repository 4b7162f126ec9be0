/** Where the first non-finite value was born, by which mechanism, how it spread, and what made values vanish. */
import type { CascadeRecord } from '../schema/cascade.ts';
import type { ResultRecord } from '../schema/result.ts';
import { type Line, labelled, type Span, span } from '../text/line.ts';
import { count } from '../text/number.ts';
import { padEnd } from '../text/width.ts';
import { heading, listed, type Page } from './page.ts';
import { coordinateWords, keyWords, perLane, positionWords, type Said } from './words.ts';

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
    ...field('', `${where}, in batch ${count(origin.batch)} of the data`, 'plain', width),
    ...field('mechanism', origin.mechanism.name, 'strong', width),
    ...field('', origin.mechanism.evidence, 'plain', width),
  ];
}

/** Neighbouring steps at the same layer for the same reason are one: `h.0: row 1 positions 0 to 6, row 2 position 0`. */
function spreadSteps(spread: CascadeRecord['spread']): { layer: string; why: string; places: string[] }[] {
  const steps: { layer: string; why: string; places: string[] }[] = [];
  for (const { layer, row, from, to, why } of spread) {
    const place = `row ${row} ${from === to ? `position ${from}` : `positions ${from} to ${to}`}`;
    const last = steps.at(-1);
    if (last?.layer === layer && last.why === why) last.places.push(place);
    else steps.push({ layer, why, places: [place] });
  }
  return steps;
}

function spreadLines({ value: { spread } }: Said<Found>, { width }: Page): Line[] {
  const steps = spreadSteps(spread);
  return steps.flatMap(({ layer, why, places }, index) => [
    ...field(index === 0 ? 'spread' : '', `${index + 1}. ${layer}: ${listed(places)}`, 'plain', width),
    ...labelled(span(padEnd('', labelWidth + 3)), labelWidth + 3, why, 'dim', width),
  ]);
}

function killLines({ value: { kills } }: Said<Found>, { width }: Page): Line[] {
  if (kills.length === 0) return [];
  const names = kills.slice(0, KILLS_SHOWN).map(keyWords);
  const more = kills.length > KILLS_SHOWN ? `, and ${count(kills.length - KILLS_SHOWN)} more` : '';
  return field('killed by', names.join(', ') + more, 'plain', width);
}

interface Found {
  origin: CascadeRecord['origin'];
  picture: CascadeRecord['picture'];
  spread: CascadeRecord['spread'];
  kills: string[];
}

export function originSection(result: ResultRecord, page: Page): Line[] {
  const both = result.target?.cascade !== undefined && result.reference?.cascade !== undefined;
  const found = perLane(result, ({ cascade }): Found | undefined => {
    if (cascade === undefined) return undefined;
    const { origin, picture, spread, kills } = cascade;
    return origin === undefined && spread.length === 0 && kills.length === 0
      ? undefined
      : { origin, picture, spread, kills };
  });
  if (found.length === 0) return [];
  const lines: Line[] = [];
  for (const said of found) {
    if (lines.length > 0) lines.push([]);
    lines.push(
      ...originLines(said, page, both && said.who !== 'both lanes'),
      ...spreadLines(said, page),
      ...killLines(said, page),
    );
  }
  return [
    heading('Origin and spread', page, both && found[0]!.who === 'both lanes' ? 'both lanes' : ''),
    ...lines,
  ];
}
