/** The report of a reduced kernel call: its operands, the element, the operands beside it. */
import { backendName, type OperandRecord, type ReducedOpRecord } from '@nanscope/record';
import {
  attributeWords,
  basisWords,
  count,
  elementsOf,
  expectedRange,
  measured,
  operandWords,
  opScriptWords,
  opSearchWords,
} from '@nanscope/words';
import { commandLine, type Fields, fields, html, type Section, section } from '../../html/parts.ts';

const operandFields = (operands: readonly OperandRecord[]): Fields =>
  operands.map((operand) => [operand.name, html`<code>${operandWords(operand)}</code>`] as const);

export function opSections(record: ReducedOpRecord): Section[] {
  const { smallest, passing, reference, kernel } = record;
  const { element, operands } = smallest;
  return [
    section(
      'smallest',
      `The smallest call of ${kernel}`,
      fields([
        ...operandFields(operands),
        ['attributes', attributeWords(record)],
        ['element', `${count(element.index)} of output ${count(element.output)}`],
        ['expected', expectedRange(element)],
        ['got', measured(element.got)],
        ['evidence', basisWords({ element, reference })],
        ['search', opSearchWords(record)],
        ['script', opScriptWords(record)],
      ]),
      html`<p>The run that shows it:</p>${commandLine(record.made)}`,
    ),
    ...(passing
      ? [
          section(
            'passing',
            'The nearest call that is right',
            html`<p>It differs in this: ${passing.difference}.</p>
`,
            fields(operandFields(passing.operands)),
          ),
        ]
      : []),
  ];
}

export const opFacts = ({
  run,
  op,
  batch,
  decision,
  reference,
  from,
  smallest,
  folder,
}: ReducedOpRecord): Fields => [
  ['run', run],
  ['op', html`<code>${op}</code>, batch ${count(batch)}`],
  ['device', backendName(decision.label)],
  ...(reference ? ([['against', backendName(reference.label)]] as const) : []),
  ['operands', `${count(from)} numbers in the run, ${count(elementsOf(smallest))} now`],
  ['folder', folder],
];
