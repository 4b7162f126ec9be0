/** The report on a terminal: sections in reading order, from what was run to what to do next. */
import { Decorations } from '@nanscope/errors';
import type { ResultRecord } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { type Line, paint } from '../text/line.ts';
import { cascadeSection } from './cascade.ts';
import { devicesSection } from './devices.ts';
import { headerSection } from './header.ts';
import { labelsSection, policyEffectSection } from './labels.ts';
import { leaksSection } from './leaks.ts';
import { leftOutLines, leftOutOf } from './left-out.ts';
import { metricsSection } from './metrics.ts';
import { originSection } from './origin.ts';
import { type Page, page } from './page.ts';
import { pictureSection } from './picture.ts';
import { settingsSection } from './settings.ts';
import { shadowSection } from './shadow.ts';
import { NARROWEST } from './style.ts';
import { tracingSection } from './tracing.ts';
import { verdictSection } from './verdict.ts';

export interface RenderOptions {
  /** Columns; no line is longer. At least 40. */
  readonly width: number;
  readonly color: boolean;
  /** Glyphs outside ASCII, default true. */
  readonly unicode?: boolean;
}

/** By what each is called where it cannot be made. */
const sections: readonly (readonly [name: string, make: (result: ResultRecord, page: Page) => Line[]])[] = [
  ['head', headerSection],
  ['devices', devicesSection],
  ['settings', settingsSection],
  ['metrics', metricsSection],
  ['labels', labelsSection],
  ['cascade', cascadeSection],
  ['origin', originSection],
  ['replays', shadowSection],
  ['tracing', tracingSection],
  ['picture', pictureSection],
  ['leaks', leaksSection],
  ["policy's effect", policyEffectSection],
];

/**
 * The whole report as text, closed by a newline. Strings from the record are sanitised: nothing in them reaches
 * the terminal as a control character.
 */
export function renderTerminal(
  result: ResultRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(result, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const decorations = new Decorations();
  const made = sections.map(
    ([name, make]) => decorations.make(`the ${name}`, () => make(clean, layout)) ?? [],
  );
  const left = leftOutLines([...leftOutOf(clean), ...decorations.leftOut], layout);
  const lines: Line[] = [];
  for (const own of [...made, left, verdictSection(clean, layout)]) {
    if (own.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...own);
  }
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
