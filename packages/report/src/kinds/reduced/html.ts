/** The report of a reduction: how much smaller, the case itself, its ops, the neighbour that passes. */

import { backendName, type ReducedCase, type ReducedRecord } from '@nanscope/record';
import {
  causeWords,
  count,
  evidenceWords,
  heldWords,
  inputWords,
  policyWords,
  scriptWords,
  searchWords,
  sizeWords,
  weightWords,
} from '@nanscope/words';
import { commandLine, type Fields, fields, html, type Section, section, table } from '../../html/parts.ts';

function caseFields(one: ReducedCase) {
  return fields([
    ...inputWords(one).map(([name, text]) => [name, html`<code>${text}</code>`] as const),
    ['weights', weightWords(one)],
    ['loss', String(one.loss)],
    ['loss, other device', one.referenceLoss === undefined ? undefined : String(one.referenceLoss)],
  ]);
}

function sizes({ from, smallest, passing }: ReducedRecord): Section {
  const columns = [from, smallest.size, ...(passing ? [passing.size] : [])];
  return section(
    'size',
    'How much smaller',
    table(
      'Each dimension of the run, of the smallest case and of its neighbour',
      ['', 'the run', 'smallest', ...(passing ? ['passing'] : [])],
      sizeWords.map(([name, of]) => ({ cells: [name, ...columns.map((size) => count(of(size)))] })),
      { figures: [1, 2, 3] },
    ),
  );
}

function opsTable({ smallest }: ReducedRecord): Section[] {
  if (smallest.ops.length === 0) return [];
  return [
    section(
      'ops',
      'Ops up to the fault',
      table(
        'Ops of the smallest case that hold a non-finite value, in order of execution',
        ['op', 'shape', 'NaN', '+Inf', '-Inf'],
        smallest.ops.map(({ key, shape, nan, posInf, negInf }) => ({
          cells: [html`<code>${key}</code>`, `[${shape.join(', ')}]`, nan, posInf, negInf].map((cell) =>
            typeof cell === 'number' ? count(cell) : cell,
          ),
        })),
        { figures: [2, 3, 4] },
      ),
    ),
  ];
}

export function reducedSections(record: ReducedRecord): Section[] {
  const { smallest, passing, held, reproduce } = record;
  return [
    sizes(record),
    section(
      'smallest',
      'The smallest case',
      fields([
        ['held', heldWords(held)],
        ['cause', causeWords(record)],
        ['evidence', evidenceWords(smallest)],
        ['search', searchWords(record)],
        ['script', scriptWords(record)],
      ]),
      caseFields(smallest),
      html`<p>From within the folder:</p>${commandLine(reproduce)}`,
    ),
    ...opsTable(record),
    ...(passing
      ? [
          section(
            'passing',
            'The neighbour that passes',
            html`<p>It differs in this: ${passing.difference}.</p>
`,
            caseFields(passing),
          ),
        ]
      : []),
  ];
}

export const reducedFacts = ({ run, model, policy, decision, reference, folder }: ReducedRecord): Fields => [
  ['run', run],
  ['model', model],
  ['policy', policyWords(policy)],
  ['device', html`${backendName(decision.label)} <span class="dim">attention ${decision.attention}</span>`],
  ['against', reference && backendName(reference.label)],
  ['folder', folder],
];
