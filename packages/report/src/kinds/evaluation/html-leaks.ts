/** Positions whose logits moved when a later token was changed. */
import type { ResultRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { badge, type Section, section, table } from '../../html/parts.ts';
import { count } from '../../text/number.ts';
import { perLane } from '../../words/common.ts';
import { reachedWords } from './terminal.ts';

export function leaks(result: ResultRecord): Section[] {
  const said = perLane(result, (lane) => lane.leak);
  if (said.length === 0) return [];
  const parts = said.map(({ who, value }) => {
    const { checked, leaks: found, leaksCut } = value;
    const crossed = reachedWords(value);
    const crossing =
      crossed !== undefined &&
      html`<p>${badge('warn', `${who}: ${crossed}`)}</p>
`;
    const total = found.length + leaksCut;
    if (checked === 0) return html`<p>${badge('skip', `${who}: not checked`)}</p>`;
    if (total === 0)
      return html`<p>${badge('pass', `${who}: no, ${count(checked)} positions checked`)}</p>
${crossing}`;
    const rows = [...found]
      .sort((a, b) => Number(b.live) - Number(a.live))
      .map(({ row, position, from, live }) => ({
        cells: [
          `row ${count(row)}`,
          count(position),
          count(from),
          live ? badge('warn', 'in the loss') : 'not in the loss',
        ],
      }));
    return html`<p>${badge('fail', `${who}: yes, ${count(total)} of ${count(checked)} positions checked`)}</p>
${table(`Leaks of ${who}`, ['batch row', 'position', 'sees position', 'its label'], rows, { figures: [1, 2] })}${
  leaksCut > 0 && html`<p class="dim">and ${count(leaksCut)} more</p>`
}${crossing}`;
  });
  return [section('leaks', 'Does a position see its future?', parts)];
}
