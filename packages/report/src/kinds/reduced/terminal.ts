/** A reduction on a terminal: what was held, how much smaller, the case, the neighbour that passes, the verdict. */
import { backendName, type ReducedCase, type ReducedRecord, sanitizeRecord, wrap } from '@nanscope/record';
import {
  causeWords,
  count,
  evidenceWords,
  heldWords,
  inputWords,
  scriptWords,
  searchWords,
  sizeWords,
  weightWords,
} from '@nanscope/words';
import { heading, type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, type Span, span } from '../../text/line.ts';

const labelWidth = 18;

function field({ width }: Page, name: string, text: string, tone: Span['tone'] = 'plain'): Line[] {
  return labelled(span(`  ${name}`, 'dim'), labelWidth, text, tone, width);
}

function header(record: ReducedRecord, layout: Page): Line[] {
  const { command, held, decision, reference } = record;
  const cause = causeWords(record);
  const against = reference ? `, against ${backendName(reference.label)}` : '';
  return [
    ...wrap(command, layout.width - 2).map(
      (text, index) => [span(index === 0 ? text : `  ${text}`, 'title')] as Line,
    ),
    ...field(layout, 'held', heldWords(held), 'strong'),
    ...(cause === undefined ? [] : field(layout, 'cause', cause, 'strong')),
    ...field(layout, 'device', `${backendName(decision.label)}, ${decision.attention} attention${against}`),
    ...field(layout, 'policy', record.policy.name),
    ...field(layout, 'search', searchWords(record)),
  ];
}

function sizes({ from, smallest, passing }: ReducedRecord, layout: Page): Line[] {
  const columns = [from, smallest.size, ...(passing ? [passing.size] : [])];
  const cells = (texts: readonly string[]) => texts.map((text) => text.padStart(14)).join('');
  return [
    heading('How much smaller', layout),
    [
      span(''.padEnd(labelWidth)),
      span(cells(['the run', 'smallest', 'passing'].slice(0, columns.length)), 'dim'),
    ],
    ...sizeWords.map(
      ([name, of]): Line => [
        span(`  ${name}`.padEnd(labelWidth), 'dim'),
        span(cells(columns.map((size) => count(of(size))))),
      ],
    ),
  ];
}

function caseLines(one: ReducedCase, layout: Page): Line[] {
  return [
    ...inputWords(one).flatMap(([name, text]) => field(layout, name, text)),
    ...field(layout, 'weights', weightWords(one)),
    ...field(
      layout,
      'loss',
      one.referenceLoss === undefined
        ? String(one.loss)
        : `${one.loss}; ${one.referenceLoss} on the other device`,
    ),
  ];
}

export function renderReduced(
  record: ReducedRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const { smallest, passing } = clean;
  const lines: Line[] = [
    ...header(clean, layout),
    [],
    ...sizes(clean, layout),
    [],
    heading('The smallest case', layout),
    ...caseLines(smallest, layout),
    ...field(layout, 'evidence', evidenceWords(smallest)),
    ...field(layout, 'script', scriptWords(clean)),
    [],
    heading('The neighbour that passes', layout),
    ...(passing
      ? [...field(layout, 'difference', passing.difference, 'strong'), ...caseLines(passing, layout)]
      : field(layout, 'none', 'every neighbour that could be computed shows a fault')),
    [],
    ...verdictSection(clean, layout),
  ];
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
