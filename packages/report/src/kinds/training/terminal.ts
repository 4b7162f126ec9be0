/** The report of a training run on a terminal: what was trained, on what, the curve, the cascade if there is one, what to do next. */
import { sanitizeRecord, type TrainResultRecord } from '@nanscope/record';
import { cascadeSection } from '../../lanes/terminal/cascade.ts';
import { devicesSection } from '../../lanes/terminal/devices.ts';
import { originSection } from '../../lanes/terminal/origin.ts';
import { pictureSection } from '../../lanes/terminal/picture.ts';
import { settingsSection } from '../../lanes/terminal/settings.ts';
import { tracingSection } from '../../lanes/terminal/tracing.ts';
import { type Page, page } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { verdictSection } from '../../terminal/verdict.ts';
import { type Line, paint } from '../../text/line.ts';
import { asEvaluation } from './chart.ts';
import { lanesSection, trainHeader, trainingSection } from './sections.ts';

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
