/** A reduction as a bug report, ready to paste where Markdown is read. */

import type { ReducedRecord } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { plain } from '../../text/markdown.ts';
import { count } from '../../text/number.ts';
import {
  caseWords,
  evidenceWords,
  inputWords,
  scriptWords,
  searchWords,
  sizeWords,
  weightWords,
} from './words.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

function title({ held, policy, decision, reference }: ReducedRecord): string {
  return held.kind === 'origin'
    ? `${held.mechanism} at ${held.op} under ${policy.name}, on ${decision.label}`
    : `${decision.label} and ${reference?.label} differ at ${held.op}: ${held.label}`;
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

/** @returns Markdown, closed by a newline */
export function bugReport(record: ReducedRecord): string {
  const clean = sanitizeRecord(record);
  const { smallest, passing, from, environment, decision, reference, policy, reproduce } = clean;
  const { fill, compose, rowGuard, computeDtype } = policy;
  return `${[
    `# ${plain(title(clean))}`,
    '## What',
    plain(`${caseWords(smallest.size)}; weights: ${weightWords(smallest)}.`),
    `**Evidence.** ${plain(evidenceWords(smallest))}.`,
    ...opsTable(clean),
    '## The smallest failing case, and the nearest that passes',
    inputsTable(clean),
    passing
      ? `They differ in this: ${plain(passing.difference)}.`
      : 'No neighbour passes: every one that could be computed shows a fault.',
    '## Reproduce',
    ...(clean.script
      ? [
          '```sh\nnpm install && node reproduce.mjs          # exits 1: it is there\nnode reproduce.mjs passing                 # exits 0: it is not\n```',
        ]
      : []),
    plain(`${scriptWords(clean)}.`),
    'With nanscope, op by op:',
    `\`\`\`sh\n${reproduce}\n\`\`\``,
    '## Environment',
    [
      `- device: ${plain(decision.label)}, ${decision.attention} attention${reference ? plain(`, against ${reference.label}`) : ''}`,
      `- policy: ${plain(`${policy.name} (fill ${fill}, composition ${compose}, row guard ${rowGuard}, ${computeDtype})`)}`,
      `- ${plain(`${environment.backendVersion}; Node ${environment.node}; ${environment.os} ${environment.osVersion} ${environment.arch}; nanscope ${environment.nanscope}`)}`,
    ].join('\n'),
    '## How it was found',
    plain(`${clean.model}, ${caseWords(from)}, reduced by ${clean.command}: ${searchWords(clean)}.`),
    table(
      ['', 'the run', 'smallest'],
      sizeWords.map(([name, of]) => [name, count(of(from)), count(of(smallest.size))]),
    ),
  ].join('\n\n')}\n`;
}
