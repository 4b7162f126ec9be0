/** Whether looking changed anything, what replays came to, where it starts to look abnormal, and what was left out. */
import type { ResultRecord } from '@nanscope/record';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, span } from '../../text/line.ts';
import { perLane } from '../../words/common.ts';
import { tracingWords } from '../../words/tracing.ts';

const labelWidth = 13;

export function tracingSection(result: ResultRecord, page: Page): Line[] {
  const said = perLane(result, ({ cascade }) => {
    const words = cascade ? tracingWords(cascade, page.unit) : [];
    return words.length === 0 ? undefined : words;
  });
  if (said.length === 0) return [];
  const alone = said.length === 1;
  return [
    heading('Tracing', page, alone && result.target && result.reference ? said[0]!.who : ''),
    ...said.flatMap(({ who, value }) => [
      ...(alone ? [] : [[span(`  ${who}`, 'strong')]]),
      ...value.flatMap(({ label, text, tone }) =>
        labelled(span(`  ${label}`, 'dim'), labelWidth, text, tone, page.width),
      ),
    ]),
  ];
}
