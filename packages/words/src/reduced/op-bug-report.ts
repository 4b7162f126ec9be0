/** A reduced kernel call as a bug report, ready to paste where Markdown is read. */
import { backendName, type ReducedOpRecord, sanitizeRecord } from '@nanscope/record';
import { count, measured } from '../number.ts';
import { plain } from '../paste.ts';
import { type ReportScripts, scriptBlock, titleText } from './bug-report.ts';
import {
  attributeWords,
  basisWords,
  expectedRange,
  operandWords,
  opScriptWords,
  opSearchWords,
  opTitleWords,
} from './op.ts';

/** The bug report about a call of PyTorch, whose script says all of it. @returns Markdown, closed by a newline */
export function torchBugReport(record: ReducedOpRecord, title: string, script: string): string {
  const { smallest, environment, from, op, batch, command, made } = sanitizeRecord(record);
  const { element } = smallest;
  return `${[
    `# ${titleText(title)}`,
    `**Expected.** ${plain(`${expectedRange(element)}: ${element.basis ?? ''}`)}.`,
    `**Seen.** ${plain(measured(element.got))}.`,
    '## Reproduce',
    scriptBlock('python', 'reproduce.py', script),
    plain(`${opScriptWords(record)}.`),
    '## Environment',
    plain(
      `- ${environment.backendVersion}; ${environment.os} ${environment.osVersion} ${environment.arch}; nanscope ${environment.nanscope}`,
    ),
    '## How it was found',
    plain(
      `${op} in batch ${batch}, ${count(from)} numbers, reduced by ${command}: ${opSearchWords(record)}. The run:`,
    ),
    `\`\`\`sh\n${made}\n\`\`\``,
  ].join('\n\n')}\n`;
}

/** @returns Markdown, closed by a newline; its first line is the title of an issue */
export function opBugReport(
  record: ReducedOpRecord,
  { script, packages }: NonNullable<ReportScripts['tensorflow']>,
): string {
  const clean = sanitizeRecord(record);
  const { kernel, smallest, passing, decision, reference, environment } = clean;
  const { element, operands } = smallest;
  const attributes = attributeWords(clean);
  const beside = passing
    ? '\nnode reproduce.mjs passing   # exits 0: the nearest operands that are computed right'
    : '';
  return `${[
    `# ${titleText(opTitleWords(clean))}`,
    `**Expected.** ${plain(`${expectedRange(element)} in element ${element.index}: ${basisWords({ element, reference })}`)}.`,
    `**Actual.** ${plain(measured(element.got))}.`,
    plain(`One call of ${kernel}${attributes === undefined ? '' : ` with ${attributes}`}:`),
    operands.map((operand) => `- \`${operand.name}\`: ${plain(operandWords(operand))}`).join('\n'),
    ...(passing ? [`It is right where ${plain(passing.difference)}.`] : []),
    '## Reproduce in TensorFlow.js',
    'Save it as `reproduce.mjs`; it reads no other file but the backend.',
    scriptBlock('js', 'reproduce.mjs', script),
    `\`\`\`sh\nnpm install ${packages.join(' ')}\nnode reproduce.mjs           # exits 1${beside}\n\`\`\``,
    plain(`${opScriptWords(clean)}.`),
    '## Environment',
    [
      `- device: ${plain(backendName(decision.label))}${reference ? `, against ${plain(backendName(reference.label))}` : ''}`,
      `- ${plain(`${environment.backendVersion}; Node ${environment.node}; ${environment.os} ${environment.osVersion} ${environment.arch}; nanscope ${environment.nanscope}`)}`,
    ].join('\n'),
    '## How it was found',
    plain(
      `${clean.op} in batch ${clean.batch}, ${count(clean.from)} numbers, reduced by ${clean.command}: ${opSearchWords(clean)}. The run:`,
    ),
    `\`\`\`sh\n${clean.made}\n\`\`\``,
  ].join('\n\n')}\n`;
}
