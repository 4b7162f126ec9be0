/** Cells of an experiment as they are observed: what each showed, and whether the float64 oracle predicts it. */
import { cellId, conditionNames, differences, plainCell, predict } from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import type { Content } from '@nanscope/report';
import { html } from './dom.ts';
import { passed } from './live-table.ts';

export const cellColumns = ['cell', 'NaN map', 'future leak', 'loss', 'origin', 'as the oracle predicts'];

/** Only what is not as in the plain case of the report. */
function shortId(result: CellResult): Content {
  const { cell } = result;
  const told = conditionNames.filter((name) => name === 'device' || cell[name] !== plainCell[name]);
  return html`<code title="${cellId(cell)}">${told.map((name) => `${name}=${cell[name]}`).join('; ')}</code>`;
}

export function cellRow(result: CellResult): readonly Content[] {
  if ('refused' in result) return [shortId(result), 'refused', '', '', '', result.refused];
  const { nanMap, leak, loss, origin } = result.observation;
  const found = differences(result.observation, predict(result.cell));
  const words = found.length === 0 ? 'yes' : found.join('; ');
  return [shortId(result), nanMap, leak, loss, origin, passed(found.length === 0, words)];
}
