/** Where two lanes diverged: does each repeat itself, and which op makes the difference when the inputs are equal? */
import type { ResultRecord } from '@nanscope/record';
import { padEnd } from '@nanscope/record';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, paragraph, span } from '../../text/line.ts';
import { keyWords } from '../../words/common.ts';
import { replaysWords, startWords, stepWords } from '../../words/shadow.ts';

const labelWidth = 14;

export function shadowSection({ comparison }: ResultRecord, page: Page): Line[] {
  const { replays, shadow } = comparison ?? {};
  if (!replays && !shadow) return [];
  const { width, glyphs } = page;
  const lines: Line[] = [heading('Replays', page, `batch ${(replays ?? shadow)!.batch}`)];
  for (const lane of replays?.lanes ?? []) {
    const bad = lane.changed > 0;
    const mark = span(`  ${bad ? glyphs.fail : glyphs.pass} ${lane.role}`, bad ? 'bad' : 'plain');
    lines.push(
      ...labelled(mark, labelWidth, replaysWords(lane, replays!.times), bad ? 'bad' : 'plain', width),
    );
  }
  if (!shadow) return lines;
  lines.push(...paragraph(`ops with the other lane's inputs, from ${startWords(shadow)}:`, 'dim', width, 2));
  for (const [index, step] of shadow.steps.entries()) {
    const number = span(`  ${padEnd(`${index + 1}.`, 3)}`, 'dim');
    const bad = ['own', 'both', 'unstable'].includes(step.judgement);
    const title = `${keyWords(`${step.key}:0`)} ${glyphs.dot} ${step.judgement}`;
    lines.push(...labelled(number, 5, title, bad ? 'bad' : 'strong', width));
    const next = step.judgement === 'inherited' && step.next ? `; most differs ${step.next.input}` : '';
    lines.push(...labelled(span(''), 5, `${stepWords(step)}${next}`, 'plain', width));
  }
  return [...lines, ...paragraph(shadow.end, 'plain', width, 5, span(glyphs.next, 'note'))];
}
