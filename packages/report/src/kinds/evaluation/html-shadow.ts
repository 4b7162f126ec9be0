/** Where two lanes diverged: does each repeat itself, and which op makes the difference when the inputs are equal? */
import type { ResultRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { badge, type Section, section, table } from '../../html/parts.ts';
import { keyWords } from '../../words/common.ts';
import { replaysWords, startWords, stepWords } from '../../words/tracing.ts';

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
        html`<p>Ops run again with the inputs of the other lane, from ${startWords(found)}: ${found.end}.</p>
${table('Ops replayed, from the divergence upwards', ['op', 'difference', 'what shows it'], rows!)}`,
    ),
  ];
}
