/** The doctor's report: a card a backend, the table of answers with filters, limits in full. */

import { backendName, type DoctorBackend, type DoctorRecord } from '@nanscope/record';
import { count } from '@nanscope/words';
import { badge, type Fields, fields, filters, html, type Section, section, table } from '../../html/parts.ts';
import { adapterWords, answerCell, answerColumns, limitWords, versionWords } from './terminal.ts';

function limitTable({ id, limits }: DoctorBackend) {
  const rows = Object.entries(limits).map(([name, value]) => ({
    cells: [html`<code>${name}</code>`, count(value)],
  }));
  return (
    rows.length > 0 &&
    html`<details><summary>All ${count(rows.length)} limits</summary>${table(`Limits of ${backendName(id)}`, ['limit', 'value'], rows, { figures: [1] })}</details>
`
  );
}

function card(backend: DoctorBackend) {
  const { id, status, reason, remedy, version, adapter, mathMode, selfTest } = backend;
  const sign = { opens: 'pass', absent: 'skip', ended: 'fail' } as const;
  return html`<article><h3>${backendName(id)}</h3>
<p>${badge(sign[status], { opens: 'opens', absent: 'not here', ended: 'its process ended' }[status])}</p>
${adapter?.software === true && html`<p>${badge('warn', 'software: the GPU is emulated on the CPU')}</p>`}${fields(
  [
    ['version', version],
    ['why', reason],
    ['remedy', remedy],
    ['adapter', adapterWords(backend)],
    ['driver', adapter?.description],
    ['features', adapter?.features.join(' ')],
    ['limits', limitWords(backend)],
    ['math mode', mathMode && `${mathMode.mode}: ${mathMode.why}`],
  ],
)}${selfTest.map(
  ({ name, passed, detail }) =>
    html`<p>${badge(passed ? 'pass' : 'fail', name)} <span class="dim">${detail}</span></p>`,
)}${limitTable(backend)}</article>
`;
}

const tones = { right: 'note', permitted: 'warn', wrong: 'fail', none: 'note' } as const;

function answers(record: DoctorRecord): Section[] {
  const columns = answerColumns(record);
  if (columns.length === 0) return [];
  const rows = record.questions.map((question) => {
    const cells = columns.map((column) => answerCell(question, column));
    const differs = cells.some(({ kind }) => kind === 'permitted' || kind === 'wrong');
    return {
      cells: [
        html`<code>${question.computed}</code>`,
        question.expected,
        ...cells.map(
          ({ text, kind }) => html`<span class="cell ${tones[kind]}">${text === '' ? '–' : text}</span>`,
        ),
        question.permitted ?? 'nothing else',
      ],
      data: { topic: question.topic, differs: differs ? 'yes' : 'no' },
    };
  });
  const choices = [
    { name: 'topic', label: 'topic', values: [...new Set(record.questions.map(({ topic }) => topic))] },
    { name: 'differs', label: 'differs somewhere', values: ['yes', 'no'] },
  ];
  return [
    section(
      'numbers',
      'NaN, infinities and subnormal numbers',
      html`<p>Measured, and decided by bits. The column of a backend is its kernels as nanscope runs them; that of a shader is the bare expression in WGSL.</p>
`,
      filters('answer-table', choices, 'questions'),
      table(
        'What each device gave; coloured where that is not what IEEE 754 requires',
        ['computed', 'IEEE 754', ...columns.map(({ name }) => name), 'WGSL permits beside it'],
        rows,
        { id: 'answer-table' },
      ),
    ),
  ];
}

export function doctorSections(record: DoctorRecord): Section[] {
  return [
    section('backends', 'Backends', html`<div class="cards">${record.backends.map(card)}</div>`),
    ...answers(record),
  ];
}

export function doctorFacts({ machine, environment }: DoctorRecord): Fields {
  const { os, arch, cpu, cores, memoryGiB } = machine;
  return [
    ['versions', versionWords(machine)],
    ['machine', `${os}, ${arch}, ${cpu}, ${count(cores)} cores, ${count(memoryGiB)} GiB`],
    ...Object.entries(environment),
  ];
}
