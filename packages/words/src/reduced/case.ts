/** A reduced case in words that all its reports share. Pure. */
import {
  backendName,
  type CaseSize,
  type HeldRecord,
  type ReducedCase,
  type ReducedRecord,
} from '@nanscope/record';
import { placeOf } from '../codes.ts';
import { counted } from '../number.ts';

/** What was held fixed, in a clause. */
export const heldWords = (held: HeldRecord): string =>
  held.kind === 'origin' ? `${held.mechanism} at ${held.op}` : `${held.label} at ${held.op}`;

/** `transformer.h.0/attn/probs/Softmax#0:0` as a title names it: `Softmax (layer 0, attn.probs)`. */
function opTitle(key: string): string {
  const { layer, op } = placeOf(key.replace('transformer.h.*', 'transformer.h.0'));
  const [kernel = op, ...path] = op.split(' ').reverse();
  const where = [layer.replace(/^h\.\d+$/, 'a block'), ...path].filter((part) => part !== '').join(', ');
  return where === '' ? kernel : `${kernel} (${where})`;
}

/** One line for an issue's title, in plain words. */
export function titleWords({ held, cause, policy, decision, reference }: Titled): string {
  const op = opTitle(held.op);
  if (held.kind === 'divergence')
    return `${op}: ${backendName(decision.backend)} and ${reference ? backendName(reference.backend) : 'the other device'} give values of different classes`;
  if (cause?.kind === 'mask') return `A query whose keys are all masked gives NaN in ${cause.owner}`;
  if (cause?.kind === 'device')
    return `${op} on ${backendName(decision.backend)} gives a value that its inputs do not explain`;
  return `${held.mechanism} in ${op}, with the policy ${policy.name}`;
}
type Titled = Pick<ReducedRecord, 'held' | 'cause' | 'policy' | 'decision' | 'reference'>;

/** Whose the fault is, and why; undefined for a folder that does not say. */
export function causeWords({ cause }: Pick<ReducedRecord, 'cause'>): string | undefined {
  if (!cause) return undefined;
  const { kind, owner, changed } = cause;
  const mended = changed === undefined ? '' : `. ${changed}`;
  switch (kind) {
    case 'mask':
      return `arithmetic of the mask, not a device bug; its owner is ${owner}${mended}`;
    case 'device':
      return `a kernel gave what its inputs do not explain; its owner is ${owner}`;
    case 'weights':
      return `not finite before anything was computed; its owner is ${owner}`;
    case 'numbers':
      return `arithmetic of the numbers themselves, not of the mask and not a device bug; its owner is ${owner}`;
    case 'unknown':
      return 'not known: nothing here says whose it is';
    default:
      return kind satisfies never;
  }
}

/** What a right result would be. */
export function expectedWords({ held, cause, reference }: Titled): string {
  if (held.kind === 'divergence')
    return `${opTitle(held.op)} gives values of the same classes on both devices, as ${reference ? backendName(reference.label) : 'the other one'} gives them`;
  if (cause?.kind === 'mask') return 'a finite loss: a query without a key gives zeros, or any other number';
  return `finite values out of ${opTitle(held.op)}`;
}

/** Each dimension of a case by its name. */
export const sizeWords: readonly (readonly [string, (size: CaseSize) => number])[] = [
  ['batch rows', ({ rows }) => rows],
  ['tokens per row', ({ length }) => length],
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
    return 'no reproduce.mjs: it is written for GPT-2, and where the mask is the cause for any model; use the command, whose model transformers reads as well';
  const name = backendName(script.backend);
  const plain = ['javascript', 'wasm', 'tensorflow', 'webgpu'].includes(name);
  const where = plain ? `on plain ${name}` : `with ${name}`;
  if (script.failing !== 1)
    return `reproduce.mjs does not show it ${where} (exit ${script.failing ?? 'none'}): it needs kernels that only nanscope's run has; use the command`;
  const other =
    passing === undefined ? '' : `, and exit ${script.passing ?? 'none'} with the neighbour that passes`;
  return `reproduce.mjs ${where}, without nanscope: exit 1 with this case${other}`;
}
