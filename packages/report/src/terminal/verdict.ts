/** The verdict in a box: what is the case in one sentence, and what to do next. */
import type { ConformVerdictRecord } from '../schema/conform.ts';
import type { ResultRecord, VerdictRecord } from '../schema/result.ts';
import type { SelftestVerdict } from '../schema/selftest.ts';
import type { TrainVerdictRecord } from '../schema/train.ts';
import { cell, type Line, type Span, span, type Tone } from '../text/line.ts';
import { displayWidth, padEnd, wrap } from '../text/width.ts';
import type { Page } from './page.ts';

const titles: Readonly<
  Record<
    | VerdictRecord['code']
    | TrainVerdictRecord['code']
    | ConformVerdictRecord['code']
    | SelftestVerdict['code'],
    readonly [string, Tone, 'pass' | 'fail' | 'warn']
  >
> = {
  trained: ['Trained', 'good', 'pass'],
  'stopped-non-finite': ['Stopped: a step is not finite', 'bad', 'fail'],
  'ended-non-finite': ['The loss is not finite', 'bad', 'fail'],
  interrupted: ['Interrupted', 'warn', 'warn'],
  agree: ['The lanes agree', 'good', 'pass'],
  'agree-non-finite': ['The lanes agree, and neither is finite', 'warn', 'warn'],
  'classes-differ': ['The lanes differ in class', 'bad', 'fail'],
  'permitted-by-wgsl': ['The lanes differ where WGSL permits it', 'warn', 'warn'],
  'kernel-bug-suspected': ['A kernel bug is suspected', 'bad', 'fail'],
  'numbers-differ': ['The numbers differ', 'bad', 'fail'],
  'configuration-differs': ['Not comparable: the settings differ', 'bad', 'fail'],
  'lane-failed': ['A lane failed', 'bad', 'fail'],
  conforms: ['Conforms', 'good', 'pass'],
  'cases-failed': ['Does not conform', 'bad', 'fail'],
  'bad-vectors': ['Vectors could not be read', 'bad', 'fail'],
  'nothing-compared': ['Nothing was compared', 'bad', 'fail'],
  'detector-meets-bar': ['The detector meets the bar', 'good', 'pass'],
  'detector-below-bar': ['The detector is below the bar', 'bad', 'fail'],
  'no-reference': ['One lane, nothing to compare with', 'note', 'warn'],
};

export function verdictSection(
  {
    verdict,
  }: {
    readonly verdict: ResultRecord['verdict'] | TrainVerdictRecord | ConformVerdictRecord | SelftestVerdict;
  },
  { width, glyphs }: Page,
): Line[] {
  const [title, tone, sign] = titles[verdict.code];
  const [topLeft, topRight, bottomRight, bottomLeft, horizontal, vertical] = glyphs.box;
  const inner = width - 4;
  const failed = verdict.exitCode !== 0 && sign === 'warn';
  const mark = glyphs[failed ? 'fail' : sign];
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
