/** Metrics side by side, with the tolerance that each would have needed. */
import type { ResultRecord } from '../schema/result.ts';
import { differenceWords, metricRows, neededWords } from '../terminal/metrics.ts';
import { roles } from '../terminal/words.ts';
import { setting } from '../text/number.ts';
import { html } from './html.ts';
import { badge, madeBy, type Section, section, table } from './parts.ts';

const value = (text: string | undefined) =>
  text !== undefined && /NaN|Inf/.test(text) ? html`<strong class="bad">${text}</strong>` : (text ?? '–');

export function metrics(result: ResultRecord): Section[] {
  const lanes = roles.filter((role) => result[role]?.metrics !== undefined);
  if (lanes.length === 0) return [];
  const { comparison } = result;
  const rows = metricRows(result).map((row) => ({
    cells: [
      row.name,
      ...lanes.map((role) => value(row[role])),
      ...(comparison
        ? row.compared
          ? [
              differenceWords(row.compared),
              neededWords(row.compared, '–'),
              badge(row.compared.pass ? 'pass' : 'fail', row.compared.pass ? 'agrees' : 'differs'),
            ]
          : ['', '', html`<span class="dim">not compared</span>`]
        : []),
    ],
  }));
  const head = ['metric', ...lanes, ...(comparison ? ['relative difference', 'rtol needed', 'verdict'] : [])];
  const caption = comparison
    ? `Pass: within rtol ${setting(comparison.rtol)} + atol ${setting(comparison.atol)}; classes before numbers`
    : 'Metrics over the whole data set';
  return [
    section(
      'metrics',
      lanes.length === 2 ? 'Metrics, side by side' : 'Metrics',
      table(caption, head, rows, { figures: [1, 2, 3, 4] }),
      madeBy(result.command),
    ),
  ];
}
