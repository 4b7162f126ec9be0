/** The report of a conformance run: each suite, every case with filters and the tolerance it needed. */

import {
  backendName,
  type ConformCaseRecord,
  type ConformResultRecord,
  fromJsonNumber,
} from '@nanscope/record';
import { count, counted, duration, oneCaseCommand, percent, tolerance } from '@nanscope/words';
import {
  badge,
  commandLine,
  type Fields,
  filters,
  html,
  type Section,
  type Status,
  section,
  table,
} from '../../html/parts.ts';
import { reportWords, worstShare } from './terminal.ts';

const statuses: Readonly<Record<ConformCaseRecord['status'], Status>> = {
  pass: 'pass',
  fail: 'fail',
  refused: 'skip',
};

const suiteOf = ({ id }: ConformCaseRecord): string => id.split(':', 1)[0]!;

const figure = (value: ConformCaseRecord['required']): string =>
  Number.isNaN(fromJsonNumber(value)) ? '–' : tolerance(value);

function suiteTable({ cases, seconds }: ConformResultRecord): Section[] {
  const rows = [...new Set(cases.map(suiteOf))].map((suite) => {
    const own = cases.filter((one) => suiteOf(one) === suite);
    const of = (status: ConformCaseRecord['status']) =>
      count(own.filter((one) => one.status === status).length);
    const share = worstShare(own);
    return {
      cells: [
        suite,
        count(own.length),
        of('pass'),
        of('fail'),
        of('refused'),
        Number.isFinite(share) ? percent(share) : 'no tolerance',
      ],
    };
  });
  const caption = `${counted(cases.length, 'case')} in ${duration(seconds)}; the last column is the largest share of its allowed error that a case needed`;
  return [
    section(
      'suites',
      'Suites',
      table(caption, ['suite', 'cases', 'pass', 'fail', 'refused', 'of allowed'], rows, {
        figures: [1, 2, 3, 4, 5],
      }),
    ),
  ];
}

function details({ reason, comparisons, controls, ...one }: ConformCaseRecord) {
  const lines = [
    ...comparisons
      .filter(({ passed }) => !passed)
      .map(
        ({ name, failure, required, allowed }) =>
          `${name}: ${failure ?? 'beyond what is allowed'}; required ${figure(required)}, allowed ${figure(allowed)}`,
      ),
    ...controls.filter(({ refuted }) => !refuted).map(({ name }) => `control not refuted: ${name}`),
  ];
  return [reason, ...lines, ...reportWords(one)].filter((line) => line !== undefined).join('; ');
}

function caseTable({ cases, command }: ConformResultRecord): Section[] {
  const order = { fail: 0, refused: 1, pass: 2 };
  const rows = [...cases]
    .sort((a, b) => order[a.status] - order[b.status])
    .map((one) => ({
      cells: [
        html`<code>${one.id}</code>`,
        badge(statuses[one.status], one.status),
        figure(one.required),
        figure(one.allowed),
        html`${details(one)} <span class="dim">${one.accuracy}</span>`,
      ],
      data: { suite: suiteOf(one), status: one.status, id: one.id },
    }));
  const choices = [
    { name: 'status', label: 'status', values: ['pass', 'fail', 'refused'] },
    { name: 'suite', label: 'suite', values: [...new Set(cases.map(suiteOf))] },
    { name: 'id', label: 'id holds' },
  ];
  return [
    section(
      'cases',
      'Cases',
      filters('case-table', choices, 'cases'),
      table(
        'Every case, failures first, with the absolute error it needed and may make',
        ['case', 'status', 'required', 'allowed', 'why, and the accuracy asked for'],
        rows,
        { id: 'case-table', figures: [2, 3] },
      ),
      ...(rows.length === 0
        ? []
        : [html`<p>The first of them alone:</p>${commandLine(oneCaseCommand(command, rows[0]!.data.id))}`]),
    ),
  ];
}

function badVectors({ badVectors: lines }: ConformResultRecord): Section[] {
  if (lines.length === 0) return [];
  return [
    section(
      'vectors',
      'Vectors that could not be read',
      html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`,
    ),
  ];
}

export function conformSections(result: ConformResultRecord): Section[] {
  return [...badVectors(result), ...suiteTable(result), ...caseTable(result)];
}

export const conformFacts = ({ implementation, decision }: ConformResultRecord): Fields => [
  ['attention', implementation],
  ['device', backendName(decision.label)],
  ...decision.rules.map(({ rule, reason }) => [rule, reason] as const),
  ...decision.warnings.map((warning) => ['beware', warning] as const),
];
