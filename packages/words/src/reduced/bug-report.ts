/** A reduction as a bug report, ready to paste where Markdown is read. */

import { backendName, type ReducedRecord, sanitizeRecord } from '@nanscope/record';
import { count } from '../number.ts';
import { plain } from '../paste.ts';
import { capital } from '../verdicts/clauses.ts';
import {
  caseWords,
  causeWords,
  evidenceWords,
  expectedWords,
  inputWords,
  scriptWords,
  searchWords,
  sizeWords,
  titleWords,
  weightWords,
} from './case.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

/** What lies beside a report and stands in it. */
export interface ReportScripts {
  /** reproduce.mjs, and the packages that it imports; absent for a model that no script is written for. */
  readonly tensorflow?: { readonly script: string; readonly packages: readonly string[] };
  /** reproduce.py. */
  readonly pytorch?: string;
}

/** Above this a script is named and not pasted. */
const MOST_LINES = 160;

/** A title is read where Markdown is not rendered: nothing in it is escaped, and what Markdown would obey is left out. */
export const titleText = (text: string): string =>
  text.replace(/[<>`@[\]\\!#|~]/g, '').replaceAll('://', ' ');

export function scriptBlock(language: string, name: string, text: string): string {
  const lines = text.trimEnd().split('\n').length;
  if (lines > MOST_LINES) return `\`${name}\` has ${count(lines)} lines: attach the file.`;
  // A fence longer than any in the text.
  const fence = '`'.repeat(3 + Math.max(0, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length)));
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function actual({ smallest, reference }: ReducedRecord): string {
  const loss =
    smallest.referenceLoss === undefined
      ? `a loss of ${smallest.loss}`
      : `a loss of ${smallest.loss}, and ${smallest.referenceLoss} on ${reference ? backendName(reference.label) : 'the other device'}`;
  return `${loss}. ${evidenceWords(smallest)}`;
}

function pytorchParts({ passing }: ReducedRecord, { pytorch }: ReportScripts): string[] {
  if (pytorch === undefined) return [];
  const both = passing ? ' `python reproduce.py passing` is the nearest case without it, and exits 0.' : '';
  return [
    '## Reproduce in PyTorch',
    `Save it as \`reproduce.py\` and run \`python reproduce.py\`: it exits 1.${both} It was not run when this report was made.`,
    scriptBlock('python', 'reproduce.py', pytorch),
  ];
}

function tensorflowParts(record: ReducedRecord, { tensorflow }: ReportScripts): string[] {
  if (!tensorflow) return ['## Reproduce in TensorFlow.js', plain(`${scriptWords(record)}.`)];
  const { script, packages } = tensorflow;
  const other = record.passing ? '\nnode reproduce.mjs passing   # exits 0: the nearest case without it' : '';
  return [
    '## Reproduce in TensorFlow.js',
    `Save it as \`reproduce.mjs\` in an empty folder; it reads no other file.`,
    scriptBlock('js', 'reproduce.mjs', script),
    `\`\`\`sh\nnpm install ${packages.join(' ')}\nnode reproduce.mjs           # exits 1\n`.trimEnd() +
      `${other}\n\`\`\``,
    plain(`${scriptWords(record)}.`),
  ];
}

function opsTable({ smallest }: ReducedRecord): string[] {
  if (smallest.ops.length === 0) return [];
  return [
    'Ops that hold a non-finite value, in order of execution:',
    table(
      ['op', 'shape', 'NaN', '+Inf', '-Inf'],
      smallest.ops.map(({ key, shape, nan, posInf, negInf }) => [
        `\`${key}\``,
        `\\[${shape.join(', ')}\\]`,
        ...[nan, posInf, negInf].map(count),
      ]),
    ),
  ];
}

function inputsTable({ smallest, passing }: ReducedRecord): string {
  const other = passing && inputWords(passing);
  return table(
    ['', 'fails', ...(passing ? ['passes'] : [])],
    [
      ...inputWords(smallest).map(([name, text], i) => [
        `\`${name}\``,
        `\`${text}\``,
        ...(other ? [`\`${other[i]![1]}\``] : []),
      ]),
      ['loss', String(smallest.loss), ...(passing ? [String(passing.loss)] : [])],
      ...(smallest.referenceLoss === undefined
        ? []
        : [
            [
              'loss, other device',
              String(smallest.referenceLoss),
              ...(passing ? [String(passing.referenceLoss)] : []),
            ],
          ]),
    ],
  );
}

/** @returns Markdown, closed by a newline; its first line is the title of an issue */
export function bugReport(record: ReducedRecord, scripts: ReportScripts): string {
  const clean = sanitizeRecord(record);
  const { smallest, passing, from, environment, decision, reference, policy, reproduce } = clean;
  const { fill, compose, rowGuard, computeDtype } = policy;
  const cause = causeWords(clean);
  return `${[
    `# ${titleText(titleWords(clean))}`,
    ...(cause === undefined ? [] : [`**Cause.** ${plain(capital(cause))}.`]),
    `**Expected.** ${plain(expectedWords(clean))}.`,
    `**Actual.** ${plain(actual(clean))}.`,
    ...pytorchParts(clean, scripts),
    ...tensorflowParts(clean, scripts),
    '## Environment',
    [
      `- device: ${plain(backendName(decision.label))}, ${decision.attention} attention${reference ? plain(`, against ${backendName(reference.label)}`) : ''}`,
      `- policy: ${plain(`${policy.name} (fill ${fill}, composition ${compose}, row guard ${rowGuard}, ${computeDtype})`)}`,
      `- ${plain(`${environment.backendVersion}; Node ${environment.node}; ${environment.os} ${environment.osVersion} ${environment.arch}; nanscope ${environment.nanscope}`)}`,
    ].join('\n'),
    '## The smallest failing case, and the nearest that passes',
    plain(`${caseWords(smallest.size)}; weights: ${weightWords(smallest)}.`),
    inputsTable(clean),
    passing
      ? `They differ in this: ${plain(passing.difference)}.`
      : 'No neighbour passes: every one that could be computed shows a fault.',
    ...opsTable(clean),
    '## How it was found',
    plain(`${clean.model}, ${caseWords(from)}, reduced by ${clean.command}: ${searchWords(clean)}.`),
    table(
      ['', 'the run', 'smallest'],
      sizeWords.map(([name, of]) => [name, count(of(from)), count(of(smallest.size))]),
    ),
    'With nanscope, op by op, in the folder of the reduction:',
    `\`\`\`sh\n${reproduce}\n\`\`\``,
  ].join('\n\n')}\n`;
}
