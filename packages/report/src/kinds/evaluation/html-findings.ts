/** What an evaluation found beside its metrics, in HTML: leaks, replays, the numbers of stages. */
import type { ResultRecord } from '@nanscope/record';
import { count, keyWords, perLane, replaysWords, startWords, stepWords, tolerance } from '@nanscope/words';
import { badge, html, type Section, section, table } from '../../html/parts.ts';
import { reachedWords } from './terminal.ts';
import { agreeingWords, exactWords, isGradient } from './terminal-stages.ts';

/** Positions whose logits moved when a later token was changed. */
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

/** Where two lanes diverged: does each repeat itself, and which op makes the difference when the inputs are equal? */
export function shadow({ comparison }: ResultRecord): Section[] {
  const { replays, shadow: found } = comparison ?? {};
  if (!replays && !found) return [];
  const repeats = replays?.lanes.map(
    (lane) =>
      html`<p>${badge(lane.changed > 0 ? 'fail' : 'pass', `${lane.role}: ${replaysWords(lane, replays.times)}`)}</p>
`,
  );
  const rows = found?.steps.map((step) => ({
    cells: [
      html`<code>${keyWords(`${step.key}:0`)}</code>`,
      badge(['own', 'both', 'unstable'].includes(step.judgement) ? 'fail' : 'note', step.judgement),
      stepWords(step),
    ],
  }));
  return [
    section(
      'replays',
      'Replays',
      html`<p>Batch ${(replays ?? found)!.batch}, in fresh processes.</p>
`,
      repeats,
      found &&
        html`<p>Ops run again with the inputs of the other device, from ${startWords(found)}: ${found.end}.</p>
${table('Ops replayed, from the divergence upwards', ['op', 'difference', 'what shows it'], rows!)}`,
    ),
  ];
}

/** Every stage in numbers, on both devices. */
export function stages({ comparison }: ResultRecord): Section[] {
  const { stages: all, exact } = comparison?.stages ?? { stages: [] };
  if (all.length === 0) return [];
  const figure = (value: (typeof all)[number]['target']) => (value === undefined ? '–' : tolerance(value));
  const rows = all.map((stage) => ({
    cells: [
      html`<code>${stage.name}</code>`,
      ...[stage.target, stage.reference, stage.apart, stage.allowed].map(figure),
      stage.classes === undefined
        ? badge(stage.passed ? 'pass' : 'fail', stage.passed ? 'agrees' : 'differs')
        : html`${badge('fail', 'class differs')} ${stage.classes}`,
    ],
  }));
  const summary = [
    agreeingWords(
      all.filter((stage) => !isGradient(stage)),
      'stage',
    ),
    agreeingWords(all.filter(isGradient), 'gradient'),
  ].filter((words) => words !== '');
  const head = [
    'stage',
    'target from float64',
    'reference from float64',
    'devices apart',
    'allowed',
    'verdict',
  ];
  return [
    section(
      'stages',
      'Stages',
      html`<p>On some rows of the first batch, ${exactWords(exact)}. ${summary.join('. ')}.</p>
`,
      table('Largest distances of what each stage gave', head, rows, { figures: [1, 2, 3, 4] }),
    ),
  ];
}
