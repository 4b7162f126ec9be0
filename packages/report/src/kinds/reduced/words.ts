/** A reduced case in words that all its reports share. Pure. */
import type { CaseSize, HeldRecord, ReducedCase, ReducedRecord } from '@nanscope/record';
import { counted } from '../../text/number.ts';

/** What was held fixed, in a clause. */
export const heldWords = (held: HeldRecord): string =>
  held.kind === 'origin' ? `${held.mechanism} at ${held.op}` : `${held.label} at ${held.op}`;

/** Each dimension of a case by its name. */
export const sizeWords: readonly (readonly [string, (size: CaseSize) => number])[] = [
  ['batch rows', ({ rows }) => rows],
  ['tokens a row', ({ length }) => length],
  ['layers', ({ layers }) => layers],
  ['heads', ({ heads }) => heads],
  ['width', ({ width }) => width],
  ['MLP units', ({ inner }) => inner],
  ['vocabulary', ({ vocabulary }) => vocabulary],
  ['positions', ({ positions }) => positions],
  ['parameters', ({ parameters }) => parameters],
];

export const caseWords = ({ rows, length, layers, heads }: CaseSize): string =>
  `${counted(rows, 'row')} of ${counted(length, 'token')}, ${counted(layers, 'layer')}, ${counted(heads, 'head')}`;

const gridWords = (grid: readonly (readonly number[])[]): string => JSON.stringify(grid);

/** The inputs under the names that `--load-inputs` reads. */
export const inputWords = ({
  inputs,
}: Pick<ReducedCase, 'inputs'>): readonly (readonly [string, string])[] => [
  ['input_ids', gridWords(inputs.inputIds)],
  ['attention_mask', gridWords(inputs.attentionMask)],
  ['labels', gridWords(inputs.labels)],
  ['position_ids', gridWords(inputs.positionIds)],
];

export const weightWords = ({ weights }: Pick<ReducedCase, 'weights'>): string =>
  weights.length === 0
    ? 'all constant: 0, LayerNorm gains 1'
    : `numbers of the run's model in ${weights.join(', ')}; all others 0, LayerNorm gains 1`;

export function evidenceWords({ origin, divergence }: Pick<ReducedCase, 'origin' | 'divergence'>): string {
  return divergence?.reason ?? origin?.mechanism.evidence ?? 'none';
}

export function searchWords({ search: { tried, seconds, minimal, budget } }: ReducedRecord): string {
  const end = minimal
    ? 'no single further step shows it'
    : `it ended at --budget ${budget}, so that a smaller case may exist`;
  return `${counted(tried, 'case')} tried in ${seconds.toFixed(1)} s; ${end}`;
}

/** What came of reproduce.mjs on its own. */
export function scriptWords({ script, passing }: ReducedRecord): string {
  if (script === undefined)
    return 'no reproduce.mjs, which is written for GPT-2 alone; use the command, whose model transformers reads as well';
  const where = script.backend.includes('/') ? `with ${script.backend}` : `on plain ${script.backend}`;
  if (script.failing !== 1)
    return `reproduce.mjs does not show it ${where} (exit ${script.failing ?? 'none'}): it needs kernels that only nanscope's run has; use the command`;
  const other =
    passing === undefined ? '' : `, and exit ${script.passing ?? 'none'} with the neighbour that passes`;
  return `reproduce.mjs ${where}, without nanscope: exit 1 with this case${other}`;
}
