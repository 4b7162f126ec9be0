/** The report of a matrix: what makes a NaN or a leak, which conditions are necessary, every cell with filters. */

import {
  backendName,
  type MatrixAnswer,
  type MatrixCellRecord,
  type MatrixRecord,
  type ReportSubject,
} from '@nanscope/record';
import { count, shellWord } from '@nanscope/words';
import {
  badge,
  commandLine,
  type Fields,
  filters,
  type Html,
  html,
  type Section,
  type Status,
  section,
  table,
} from '../../html/parts.ts';
import { necessityWords, nowhereWords, questionTitles, shareWords } from './terminal.ts';

type Conditions = NonNullable<MatrixAnswer['minimalSets']>[number]['conditions'];

const conditionWords = (conditions: Conditions): Html =>
  Object.keys(conditions).length === 0
    ? html`always`
    : html`<ul class="conditions">${Object.entries(conditions).map(
        ([name, values]) => html`<li>${name} = <strong>${values.join(' or ')}</strong></li>`,
      )}</ul>`;

function sufficient({ answers, cells }: MatrixRecord): Section[] {
  if (cells === 0) return [];
  const parts = answers.map((answer) => {
    const { question, cells: showing, asked, minimalSets } = answer;
    const head = html`<h3>${questionTitles[question]} <span class="dim">${shareWords(answer, cells)}</span></h3>
`;
    if (showing === 0)
      return html`${head}<p>${badge(asked === 0 ? 'note' : 'pass', nowhereWords(answer))}</p>`;
    if (!minimalSets)
      return html`${head}<p>Minimal sufficient sets are read off a whole table, and this is a part of one.</p>`;
    const rows = minimalSets.map(({ conditions, cells: met }) => ({
      cells: [count(met), conditionWords(conditions)],
    }));
    return html`${head}${table(`Minimal sufficient sets: ${questionTitles[question]}`, ['cells', 'conditions, all of them together'], rows)}`;
  });
  return [section('sufficient', 'What is enough', parts)];
}

/** The signs of the terminal: what is necessary has the tick. */
const necessityStatus: Readonly<Record<'necessary' | 'not necessary' | 'undecided', Status>> = {
  necessary: 'pass',
  'not necessary': 'skip',
  undecided: 'note',
};

function necessary({ answers, cells }: MatrixRecord): Section[] {
  const answer = answers.find(({ question }) => question === 'nan-loss');
  if (!answer || cells === 0) return [];
  const rows = answer.necessity.map((row) => {
    const { verdict, evidence } = necessityWords(answer, row);
    return {
      cells: [
        row.condition,
        row.reported ? 'named by the report' : 'ours',
        badge(necessityStatus[verdict], verdict),
        evidence,
        row.example && commandLine(cellCommand(row.example)),
      ],
    };
  });
  return [
    section(
      'necessary',
      'Necessary conditions for a NaN loss',
      table(
        'NaN cells without the condition',
        ['condition', 'named by', 'verdict', 'cells without it', 'one of them'],
        rows,
        { figures: [3] },
      ),
    ),
  ];
}

function surprises({ surprises: found, surprisesCut }: MatrixRecord): Section[] {
  if (found.length === 0) return [];
  const items = found.map(
    ({ differences, command }) => html`<li>${differences.join('; ')}${commandLine(command)}</li>
`,
  );
  return [
    section(
      'surprises',
      'Not as predicted',
      html`<ul>${items}</ul>`,
      surprisesCut > 0 && html`<p class="dim">and ${count(surprisesCut)} more in cells.jsonl</p>`,
    ),
  ];
}

const cellCommand = (id: string): string => `nanscope matrix --filter ${shellWord(id)}`;

const shownTitles = {
  nanMap: 'NaN at',
  loss: 'loss',
  gradients: 'gradients',
  leak: 'leak',
  origin: 'origin',
} as const;

/** How much of a warning a value is. */
function statusOf(name: string, value: string): Status {
  if (value === 'none' || value === 'finite') return 'pass';
  return name === 'leak' || value === 'masked-rows' ? 'warn' : 'fail';
}

const outcome = (name: string, value: string): Html =>
  html`<span class="cell ${statusOf(name, value)}">${value}</span>`;

function cellRow({ id, conditions, shown, differences }: MatrixCellRecord, varying: readonly string[]) {
  const predicted = differences.length === 0;
  const [first, ...others] = varying.length === 0 ? [id] : varying.map((name) => conditions[name] ?? '–');
  return {
    cells: [
      first,
      ...others,
      ...Object.keys(shownTitles).map((name) => outcome(name, shown[name] ?? '–')),
      predicted ? badge('pass', 'yes') : badge('fail', differences.join('; ')),
    ],
    data: {
      id,
      ...Object.fromEntries(varying.map((name) => [`f-${name}`, conditions[name] ?? ''])),
      ...Object.fromEntries(
        ['nanMap', 'leak', 'loss'].map((name) => [`o-${name.toLowerCase()}`, shown[name] ?? '']),
      ),
      predicted: predicted ? 'yes' : 'no',
    },
  };
}

function cellTable(cells: readonly MatrixCellRecord[] | undefined): Section[] {
  if (!cells)
    return [
      section(
        'cells',
        'Cells',
        html`<p class="dim">The cells are in cells.jsonl of the run folder, which this report was made without.</p>`,
      ),
    ];
  const names = [...new Set(cells.flatMap(({ conditions }) => Object.keys(conditions)))];
  const valuesOf = (pick: (cell: MatrixCellRecord) => string | undefined) => [
    ...new Set(cells.flatMap((cell) => pick(cell) ?? [])),
  ];
  const factors = names.map((name) => ({ name, values: valuesOf(({ conditions }) => conditions[name]) }));
  const varying = factors.filter(({ values }) => values.length > 1);
  const fixed = factors.filter(({ values }) => values.length === 1);
  const choices = [
    ...varying.map(({ name, values }) => ({ name: `f-${name}`, label: name, values })),
    ...(['nanMap', 'loss', 'leak'] as const).map((name) => ({
      name: `o-${name.toLowerCase()}`,
      label: shownTitles[name],
      values: valuesOf(({ shown }) => shown[name]),
    })),
    { name: 'predicted', label: 'as predicted', values: ['yes', 'no'] },
  ];
  const order = varying.map(({ name }) => name);
  return [
    section(
      'cells',
      'Cells',
      fixed.length > 0 &&
        html`<p class="dim">The same in every cell: ${fixed.map(({ name, values }) => `${name} = ${values[0]}`).join(', ')}</p>
`,
      filters('cell-table', choices, 'cells'),
      table(
        'Every cell, its conditions, and what it showed, held against the float64 oracle',
        [...(order.length === 0 ? ['cell'] : order), ...Object.values(shownTitles), 'as predicted'],
        cells.map((cell) => cellRow(cell, order)),
        { id: 'cell-table' },
      ),
      html`<div class="picked" data-table="cell-table" role="status"><p>One cell alone:</p>${commandLine(cellCommand('ID'))}</div>`,
    ),
  ];
}

function deviceTable({ devices }: MatrixRecord): Section[] {
  const rows = devices.map(({ name, label, status, failure, asked, observed, seconds }) => ({
    cells: [
      name,
      backendName(label),
      badge(
        status === 'complete' ? 'pass' : 'fail',
        failure === undefined ? status : `${status}: ${failure}`,
      ),
      `${count(observed)} of ${count(asked)}`,
      `${seconds.toFixed(1)} s`,
    ],
  }));
  return [
    section(
      'devices',
      'Devices',
      table('Where the cells were observed', ['device', 'what it is', 'status', 'cells', 'time'], rows, {
        figures: [3, 4],
      }),
    ),
  ];
}

export function matrixSections(record: MatrixRecord, { cells }: ReportSubject): Section[] {
  return [
    ...surprises(record),
    ...sufficient(record),
    ...necessary(record),
    ...cellTable(cells),
    ...deviceTable(record),
  ];
}

export const matrixFacts = ({ cells, devices, filter, shard, folder }: MatrixRecord): Fields => [
  ['cells', count(cells)],
  ...devices.map(({ name, label }) => [`device ${name}`, backendName(label)] as const),
  ['filter', filter],
  ['shard', shard && `${shard}: what follows is about this part only`],
  ['folder', folder],
];
