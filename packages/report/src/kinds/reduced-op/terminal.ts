/** A reduced kernel call on a terminal: the call, its operands, the element, the operands beside it, the verdict. */
import {
  backendName,
  type OperandRecord,
  type ReducedOpRecord,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
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
import { heading, type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, type Span, span } from '../../text/line.ts';

const labelWidth = 18;

function field(
  { width }: Page,
  name: string,
  text: string | undefined,
  tone: Span['tone'] = 'plain',
): Line[] {
  return text === undefined ? [] : labelled(span(`  ${name}`, 'dim'), labelWidth, text, tone, width);
}

const operandLines = (operands: readonly OperandRecord[], layout: Page): Line[] =>
  operands.flatMap((operand) => field(layout, operand.name, operandWords(operand)));

export function renderReducedOp(
  record: ReducedOpRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const { smallest, passing, decision, reference } = clean;
  const { element, operands } = smallest;
  const lines: Line[] = [
    ...wrap(clean.command, layout.width - 2).map(
      (text, index) => [span(index === 0 ? text : `  ${text}`, 'title')] as Line,
    ),
    ...field(layout, 'op', `${clean.op}, batch ${count(clean.batch)}`, 'strong'),
    ...field(
      layout,
      'device',
      `${backendName(decision.label)}${reference ? `, against ${backendName(reference.label)}` : ''}`,
    ),
    ...field(
      layout,
      'operands',
      `${count(clean.from)} numbers in the run, ${count(elementsOf(smallest))} now`,
    ),
    ...field(layout, 'search', opSearchWords(clean)),
    [],
    heading(`The smallest call of ${clean.kernel}`, layout),
    ...operandLines(operands, layout),
    ...field(layout, 'attributes', attributeWords(clean)),
    ...field(layout, 'element', `${count(element.index)} of output ${count(element.output)}`),
    ...field(layout, 'expected', expectedRange(element), 'strong'),
    ...field(layout, 'got', measured(element.got), 'bad'),
    ...field(layout, 'evidence', basisWords({ element, reference })),
    ...field(layout, 'script', opScriptWords(clean)),
    ...(clean.script.name === undefined ? [[], heading('The nearest call that is right', layout)] : []),
    ...(clean.script.name !== undefined
      ? []
      : passing
        ? [
            ...field(layout, 'difference', passing.difference, 'strong'),
            ...operandLines(passing.operands, layout),
          ]
        : field(layout, 'none', 'every neighbour that could be computed is wrong as well')),
    [],
    ...verdictSection(clean, layout),
  ];
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
