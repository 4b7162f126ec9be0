/** Labels whose loss differs: between the lanes, and between the run's policy and `safe`. */
import type { LabelDifference, ResultRecord } from '@nanscope/record';
import { count, counted, measured, tolerance } from '@nanscope/words';
import { badge, html, type Section, section, table } from '../../html/parts.ts';
import { effectsOf } from './terminal-labels.ts';

/** Rows that stand open; the others are folded. */
const SHOWN = 8;

function labelTable(
  caption: string,
  differing: readonly LabelDifference[],
  cut: number,
  sides: [string, string],
) {
  if (differing.length === 0) return undefined;
  const rows = differing.map(({ row, position, text, what, reference, target }) => ({
    cells: [
      `row ${count(row)}, position ${count(position)}`,
      html`<code>'${text}'</code>`, // A label can be a blank.
      measured(reference, 7),
      measured(target, 7),
      what,
    ],
  }));
  const head = ['where', 'label', ...sides, 'what it is'];
  const drawn = (name: string, some: typeof rows) => table(name, head, some, { figures: [2, 3] });
  const folded = rows.slice(SHOWN);
  return html`${drawn(caption, rows.slice(0, SHOWN))}${
    folded.length > 0 &&
    html`<details><summary>${count(folded.length)} more</summary>${drawn(`${caption}, the others`, folded)}</details>
`
  }${cut > 0 && html`<p class="dim">${count(cut)} more not stored</p>`}`;
}

export function labels({ comparison }: ResultRecord): Section[] {
  if (!comparison) return [];
  const { compared, unpaired, differing, differingCut, requiredRtol, sameNonFinite = 0 } = comparison.labels;
  const total = differing.length + differingCut;
  const words =
    compared === 0
      ? 'no label is on both sides: nothing compared'
      : total === 0
        ? `${compared === 1 ? 'the one label agrees' : `all ${count(compared)} labels agree`}`
        : `${count(total)} of ${counted(compared, 'label')} ${total === 1 ? 'differs' : 'differ'} beyond the tolerance`;
  const agree = total === 0 && unpaired === 0;
  const status = compared === 0 ? 'skip' : !agree ? 'fail' : sameNonFinite > 0 ? 'same' : 'pass';
  return [
    section(
      'labels',
      'Label by label',
      html`<p>${badge(status, words)}${sameNonFinite > 0 && `, ${count(sameNonFinite)} of them NaN or infinite on both`}${compared > 0 && `; rtol needed ${tolerance(requiredRtol)}`}</p>
`,
      unpaired > 0 &&
        html`<p>${badge('fail', `${counted(unpaired, 'row or label', 'rows or labels')} only on one side`)}</p>`,
      labelTable('Losses of the labels that differ, in nats', differing, differingCut, [
        'reference',
        'target',
      ]),
    ),
  ];
}

export function policyEffect(result: ResultRecord): Section[] {
  const said = effectsOf(result);
  if (said.length === 0) return [];
  const parts = said.map(({ who, value }) => {
    const { policy, lossSafe, lossPolicy, labels: all, differing, differingCut } = value;
    const total = differing.length + differingCut;
    return html`<p>${who}: loss of the probe batch ${measured(lossSafe)} under safe, <strong>${measured(lossPolicy)}</strong> under ${policy}; ${count(total)} of ${count(all)} labels differ.</p>
${labelTable(`Losses under safe and under ${policy}, ${who}`, differing, differingCut, ['safe', policy])}`;
  });
  return [section('policy', 'The policy against safe', parts)];
}
