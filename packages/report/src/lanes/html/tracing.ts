/** Whether looking changed anything, what replays came to, where it starts to look abnormal, and what was left out. */
import type { ResultRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { badge, fields, type Section, type Status, section, table } from '../../html/parts.ts';
import { keyWords, perLane } from '../../words/common.ts';
import { type TracingWords, tracingWords } from '../../words/tracing.ts';

const statuses: Partial<Record<TracingWords['tone'], Status>> = { good: 'pass', warn: 'warn', bad: 'fail' };

function sentence({ text, tone }: TracingWords) {
  const status = statuses[tone];
  return status ? badge(status, text) : text;
}

export function tracing(result: ResultRecord, unit: 'batch' | 'step'): Section[] {
  const said = perLane(result, ({ cascade }) => {
    const words = cascade ? tracingWords(cascade, unit) : [];
    return words.length === 0 ? undefined : { words, room: cascade?.warning?.headroom ?? [] };
  });
  if (said.length === 0) return [];
  const parts = said.map(({ who, value: { words, room } }) => {
    const rows = room.map(({ key, amax, f32, f16 }) => ({
      cells: [keyWords(key), amax.toPrecision(4), f32.toFixed(1), f16.toFixed(1)],
    }));
    const heads = ['op', 'largest magnitude', 'powers of two to overflow, f32', 'f16'];
    return html`<article><h3>${who}</h3>
${fields(words.map((one) => [one.label, sentence(one)] as const))}${
  rows.length > 0 && table(`Least room to overflow, ${who}`, heads, rows, { figures: [1, 2, 3] })
}</article>
`;
  });
  return [section('tracing', 'Tracing', html`<div class="cards">${parts}</div>`)];
}
