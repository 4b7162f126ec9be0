/** Every stage in numbers, on both lanes. */
import type { ResultRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { badge, type Section, section, table } from '../../html/parts.ts';
import { tolerance } from '../../text/number.ts';
import { agreeingWords, exactWords, isGradient } from './terminal-stages.ts';

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
    'lanes apart',
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
