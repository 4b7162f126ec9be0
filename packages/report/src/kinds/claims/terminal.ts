/** The claims on a terminal: the verdicts in one line, then of each what was said, what each device showed, the verdict and why. */
import type { ClaimsRecord, FindingRecord } from '@nanscope/record';
import { backendName, sanitizeRecord, wrap } from '@nanscope/record';
import { counted } from '@nanscope/words';
import { heading, type Page, page } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, paragraph, span, type Tone } from '../../text/line.ts';

const tones: Record<FindingRecord['verdict'], Tone> = {
  holds: 'good',
  'does not hold': 'bad',
  partly: 'warn',
  'cannot be decided here': 'dim',
};

export function renderClaims(record: ClaimsRecord, { width, color, unicode = true }: RenderOptions): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const lines = [
    ...wrap(clean.command, layout.width - 2).map(
      (text, i) => [span(i === 0 ? text : `  ${text}`, 'title')] as Line,
    ),
    ...clean.devices.flatMap(({ name, label, cells }) =>
      labelled(
        span('  device', 'dim'),
        11,
        `${name}: ${backendName(label)}, ${counted(cells, 'cell')}`,
        'plain',
        layout.width,
      ),
    ),
    [],
    ...summary(clean, layout),
    ...clean.findings.flatMap((finding) => [[] as Line, ...section(finding, layout)]),
  ];
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}

function section(
  { number, claim, experiment, observed, verdict, because }: FindingRecord,
  layout: Page,
): Line[] {
  const { width } = layout;
  return [
    heading(`Claim ${number}`, layout),
    ...paragraph(claim, 'strong', width, 2),
    ...labelled(span('  asked', 'dim'), 11, experiment, 'dim', width),
    ...observed.flatMap(({ device, text }) =>
      labelled(span('  seen', 'dim'), 11, `${device}: ${text}`, 'plain', width),
    ),
    ...labelled(span('  verdict', 'dim'), 11, verdict, tones[verdict], width),
    ...labelled(span(''), 11, because, 'plain', width),
  ];
}

function summary({ findings }: ClaimsRecord, { width, glyphs }: Page): Line[] {
  const words = (Object.keys(tones) as FindingRecord['verdict'][])
    .map((verdict) => [verdict, findings.filter((finding) => finding.verdict === verdict)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([verdict, own]) => `${verdict}: ${own.map(({ number }) => number).join(', ')}`);
  return paragraph(words.join(` ${glyphs.dot} `), 'strong', width, 2);
}
