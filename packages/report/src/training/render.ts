/** The report of a training run on a terminal: what was trained, on what, the curve, the cascade if there is one, what to do next. */
import type { TrainResultRecord } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { cascadeSection } from '../terminal/cascade.ts';
import { devicesSection } from '../terminal/devices.ts';
import { originSection } from '../terminal/origin.ts';
import { type Page, page } from '../terminal/page.ts';
import { pictureSection } from '../terminal/picture.ts';
import type { RenderOptions } from '../terminal/render.ts';
import { settingsSection } from '../terminal/settings.ts';
import { NARROWEST } from '../terminal/style.ts';
import { tracingSection } from '../terminal/tracing.ts';
import { verdictSection } from '../terminal/verdict.ts';
import { type Line, paint } from '../text/line.ts';
import { asEvaluation } from './as-evaluation.ts';
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
