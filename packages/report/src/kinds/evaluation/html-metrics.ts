/** Metrics side by side, with the tolerance that each would have needed. */
import type { MetricComparison, ResultRecord } from '@nanscope/record';
import { roles, setting } from '@nanscope/words';
import { badge, type Html, html, type Section, section, table } from '../../html/parts.ts';
import { differenceWords, judgementOf, metricRows, neededWords, overWords } from './terminal-metrics.ts';

const value = (text: string | undefined) =>
  text !== undefined && /NaN|Inf/.test(text) ? html`<strong class="bad">${text}</strong>` : (text ?? '–');

function judgement(metric: MetricComparison): Html {
  const said = {
    agrees: badge('pass', 'agrees'),
    differs: badge('fail', 'differs'),
    same: badge('same', 'the same'),
    'not judged': badge('note', 'not judged'),
  }[judgementOf(metric)];
  return metric.reason === undefined ? said : html`${said} <span class="dim">${metric.reason}</span>`;
}

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
          ? [differenceWords(row.compared), neededWords(row.compared, '–'), judgement(row.compared)]
          : ['', '', html`<span class="dim">not compared</span>`]
        : []),
    ],
  }));
  const head = ['metric', ...lanes, ...(comparison ? ['relative difference', 'rtol needed', 'verdict'] : [])];
  const caption = comparison
    ? [
        `Pass: within rtol ${setting(comparison.rtol)} + atol ${setting(comparison.atol)}; classes before numbers`,
        ...[overWords(comparison)].filter((words) => words !== ''),
      ].join('; ')
    : 'Metrics over the whole data set';
  return [
    section(
      'metrics',
      lanes.length === 2 ? 'Metrics, side by side' : 'Metrics',
      table(caption, head, rows, { figures: [1, 2, 3, 4] }),
    ),
  ];
}
