/** The report on a terminal: sections in reading order, from what was run to what to do next. */
import { Decorations } from '@nanscope/errors';
import type { ResultRecord } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { cascadeSection } from '../../lanes/terminal/cascade.ts';
import { devicesSection } from '../../lanes/terminal/devices.ts';
import { headerSection } from '../../lanes/terminal/header.ts';
import { originSection } from '../../lanes/terminal/origin.ts';
import { pictureSection } from '../../lanes/terminal/picture.ts';
import { settingsSection } from '../../lanes/terminal/settings.ts';
import { tracingSection } from '../../lanes/terminal/tracing.ts';
import { type Page, page } from '../../terminal/page.ts';
import type { RenderOptions } from '../../terminal/style.ts';
import { NARROWEST } from '../../terminal/style.ts';
import { verdictSection } from '../../terminal/verdict.ts';
import { type Line, paint } from '../../text/line.ts';
import { leftOutLines, leftOutOf } from './left-out.ts';
import { labelsSection, policyEffectSection } from './terminal-labels.ts';
import { leaksSection } from './terminal-leaks.ts';
import { metricsSection } from './terminal-metrics.ts';
import { shadowSection } from './terminal-shadow.ts';

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
