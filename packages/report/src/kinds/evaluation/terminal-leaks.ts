/** Positions whose logits moved when a later token was changed: the future is visible there. */
import type { LeakRecord, ResultRecord } from '@nanscope/record';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, paragraph, span } from '../../text/line.ts';
import { count, counted } from '../../text/number.ts';
import { perLane } from '../../words/common.ts';

const SHOWN = 6;

function leakLine({ row, position, from, live }: LeakRecord['leaks'][number], { glyphs }: Page): Line {
  const effect = live ? 'its label is in the loss' : 'its label is not in the loss';
  return [
    span(`    row ${count(row)}: position ${count(position)} sees position ${count(from)}`),
    span(` ${glyphs.dot} ${effect}`, live ? 'warn' : 'dim'),
  ];
}

/** Where nothing but a NaN or an infinity came from a later position, in a sentence; undefined where none did. */
export function reachedWords({ reached = [], reachedCut = 0 }: LeakRecord): string | undefined {
  const [first] = reached;
  if (!first) return undefined;
  const where = `row ${count(first.row)}: position ${count(first.position)} from position ${count(first.from)}`;
  return `a NaN or an infinity, not a value, of a later position comes and goes in ${counted(reached.length + reachedCut, 'position')} (${where})`;
}

export function leaksSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const said = perLane(result, (lane) => lane.leak);
  if (said.length === 0) return [];
  const lines: Line[] = [
    heading('Does a position see its future?', page, said.length === 1 ? said[0]!.who : ''),
  ];
  for (const { who, value } of said) {
    const { checked, leaks, leaksCut } = value;
    const name = said.length === 1 ? '' : `${who}: `;
    const crossed = reachedWords(value);
    const crossing = crossed === undefined ? [] : paragraph(crossed, 'warn', width, 4);
    if (leaks.length + leaksCut === 0) {
      const text = `${glyphs.pass} ${name}no, ${counted(checked, 'position')} checked`;
      lines.push(checked === 0 ? [span(`  ${name}not checked`, 'dim')] : [span('  '), span(text, 'good')]);
      lines.push(...crossing);
      continue;
    }
    const text = `${name}yes, ${count(leaks.length + leaksCut)} of ${counted(checked, 'position')} checked`;
    lines.push(...paragraph(text, 'bad', width, 3 + glyphs.fail.length, span(glyphs.fail, 'bad')));
    const worstFirst = [...leaks.filter(({ live }) => live), ...leaks.filter(({ live }) => !live)];
    lines.push(...worstFirst.slice(0, SHOWN).map((leak) => leakLine(leak, page)));
    const more = Math.max(0, leaks.length - SHOWN) + leaksCut;
    if (more > 0) lines.push(...paragraph(`and ${count(more)} more`, 'dim', width, 4));
    lines.push(...crossing);
  }
  return lines;
}
