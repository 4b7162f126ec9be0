/** The verdict in a box: what is the case in one sentence, and what to do next. */
import type {
  ConformVerdictRecord,
  DoctorVerdict,
  ReducedRecord,
  ResultRecord,
  SelftestVerdict,
  TrainVerdictRecord,
} from '@nanscope/record';
import { displayWidth, padEnd, wrap } from '@nanscope/record';
import { cell, type Line, type Span, span } from '../text/line.ts';
import { verdictStyle } from '../words/verdict.ts';
import type { Page } from './page.ts';

export function verdictSection(
  {
    verdict,
  }: {
    readonly verdict:
      | ResultRecord['verdict']
      | TrainVerdictRecord
      | ConformVerdictRecord
      | SelftestVerdict
      | DoctorVerdict
      | ReducedRecord['verdict'];
  },
  { width, glyphs }: Page,
): Line[] {
  const { title, tone, sign } = verdictStyle(verdict);
  const [topLeft, topRight, bottomRight, bottomLeft, horizontal, vertical] = glyphs.box;
  const inner = width - 4;
  const mark = glyphs[sign];
  const frame = (left: string, text: string, right: string, atEnd: boolean): Line => {
    const rule = horizontal.repeat(Math.max(0, width - 4 - displayWidth(text)));
    const body: Span[] = atEnd ? [span(rule, tone), span(text, tone)] : [span(text, tone), span(rule, tone)];
    return [span(left + horizontal, tone), ...body, span(horizontal + right, tone)];
  };
  const inside = (content: Line): Line => [
    span(`${vertical} `, tone),
    ...cell(content, inner, 'left', glyphs.ellipsis),
    span(` ${vertical}`, tone),
  ];
  const arrow = padEnd(glyphs.next, glyphs.next.length + 1);
  return [
    frame(topLeft, ` ${mark} ${title} `, topRight, false),
    ...wrap(verdict.sentence, inner).map((text) => inside([span(text, 'strong')])),
    ...(verdict.next === ''
      ? []
      : wrap(verdict.next, inner - arrow.length).map((text, index) =>
          inside([span(index === 0 ? arrow : ' '.repeat(arrow.length), 'note'), span(text)]),
        )),
    frame(bottomLeft, ` exit ${verdict.exitCode} `, bottomRight, true),
  ];
}
