/**
 * Which taps count, from `phase=backward,module=transformer.h.3,op=MatMul`: the terms of one filter hold together, of
 * several filters one is enough. What no filter wants is not counted and left out of the trace.
 */
import { nearest, UserError } from '@nanscope/errors';
import type { Phase } from '../types.ts';

export const phases = [
  'forward',
  'loss',
  'metrics',
  'backward',
  'optimizer',
] as const satisfies readonly Phase[];

export interface TapFilter {
  readonly phase?: Phase;
  /** A module path or the first part of one: `transformer.h.3` stands for `transformer.h.3/attn/probs` too. */
  readonly module?: string;
  /** A kernel's name or a part of it: `MatMul` stands for `BatchMatMul` and `_FusedMatMul`. */
  readonly op?: string;
}

const terms = ['phase', 'module', 'op'] as const;

function refuse(text: string, expected: string, found: string, help = ''): never {
  throw new UserError(
    'usage/trace-filter',
    `--trace-filter ${text}: expected ${expected}, found "${found}".${help}`,
  );
}

/**
 * @param text terms joined by commas, each once
 * @throws UserError `usage/trace-filter`
 */
export function parseTapFilter(text: string): TapFilter {
  const filter: Record<string, string> = {};
  for (const term of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(term) ?? [];
    if (!terms.some((known) => known === name) || value === '')
      refuse(text, 'phase=NAME, module=PATH or op=NAME, joined by commas', term);
    if (filter[name] !== undefined) refuse(text, `${name} once`, term);
    filter[name] = value;
  }
  const { phase } = filter;
  if (phase !== undefined && !phases.some((known) => known === phase)) {
    const near = nearest(phase, phases);
    refuse(text, `a phase of ${phases.join(', ')}`, phase, near ? ` Did you mean ${near}?` : '');
  }
  return filter;
}

/** Words for a report: the filter as it was typed. */
export const filterWords = (filter: TapFilter): string =>
  terms.flatMap((term) => (filter[term] === undefined ? [] : `${term}=${filter[term]}`)).join(',');

/**
 * @param kernels the names of every kernel that may run
 * @throws UserError `usage/trace-filter` for an op that is no part of any of them
 */
export function checkFilteredOps(filters: readonly TapFilter[], kernels: readonly string[]): void {
  for (const filter of filters) {
    const { op } = filter;
    if (op === undefined || kernels.some((kernel) => kernel.includes(op))) continue;
    const near = nearest(op, kernels);
    refuse(
      filterWords(filter),
      'the name of a kernel or a part of one',
      op,
      near ? ` Did you mean ${near}?` : '',
    );
  }
}

const inModule = (path: string, module: string) => path === module || path.startsWith(`${module}/`);

/** Whether a tap counts. Without a filter all do. */
export function tapPasses(
  filters: readonly TapFilter[],
  tap: { readonly phase: Phase; readonly path: string; readonly kernel: string },
): boolean {
  if (filters.length === 0) return true;
  return filters.some(
    ({ phase, module, op }) =>
      (phase === undefined || tap.phase === phase) &&
      (module === undefined || inModule(tap.path, module)) &&
      (op === undefined || tap.kernel.includes(op)),
  );
}
