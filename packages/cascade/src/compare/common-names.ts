/**
 * Two lanes of PyTorch in names that both have. Devices and versions choose other kernels for the same work (`linear` on mps is `t` and
 * `addmm` on the CPU, attention has a kernel each), and another version of a model's code has other small ops: what both have is found
 * within each module, in order. Pure.
 */
import type { OpRecord, Phase } from '../types.ts';

/** A record, as far as it is named and counted. */
export interface Placed extends Pick<OpRecord, 'key' | 'path' | 'kernel' | 'call' | 'output'> {
  readonly phase: Phase;
  /** Elements. */
  readonly size: number;
  /** Equal where two tensors hold the same numbers; empty or absent where that is not known. */
  readonly same?: string;
}

/** Overloads that write into memory of their own say the same as those that do not. */
const works: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(linear|_mps_linear|_addmm_activation|addmm|mm|mkldnn_linear)$/, 'linear'],
  [/^_?scaled_dot_product_.*attention.*_backward$/, 'attention_backward'],
  [/^_?scaled_dot_product_.*attention.*$/, 'attention'],
  [/^(native_layer_norm|layer_norm)$/, 'layer_norm'],
  [/^(_fused_rms_norm|rms_norm)$/, 'rms_norm'],
  [/^(bmm|baddbmm|matmul)$/, 'bmm'],
];

/** What an op of PyTorch does, whichever kernel does it: `addmm` and `linear` are `linear`. */
export function workOf(kernel: string): string {
  const [base] = kernel.split('.', 1) as [string];
  return works.find(([pattern]) => pattern.test(base))?.[1] ?? kernel;
}

/** Cells of the table of a common subsequence. What needs more has no names in common: nobody is held against it. */
const MOST_CELLS = 2 ** 24;

/** The places of a longest common subsequence, as pairs. What two sequences begin and end with alike needs no table. */
function commonSequence(a: readonly string[], b: readonly string[]): [number, number][] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const between = ({ length }: readonly string[]) => [head, length - tail] as const;
  const middle = tableSequence(a.slice(...between(a)), b.slice(...between(b)));
  return [
    ...Array.from({ length: head }, (_, i): [number, number] => [i, i]),
    ...middle.map(([i, j]): [number, number] => [head + i, head + j]),
    ...Array.from({ length: tail }, (_, i): [number, number] => [a.length - tail + i, b.length - tail + i]),
  ];
}

function tableSequence(a: readonly string[], b: readonly string[]): [number, number][] {
  if ((a.length + 1) * (b.length + 1) > MOST_CELLS) return [];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] =
        a[i] === b[j]
          ? 1 + longest[(i + 1) * width + j + 1]!
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const pairs: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

function byModule(records: readonly Placed[]): Map<string, Placed[]> {
  const modules = new Map<string, Placed[]>();
  for (const record of records) {
    const module = [record.phase, record.path].filter(Boolean).join('/');
    const own = modules.get(module);
    if (own) own.push(record);
    else modules.set(module, [record]);
  }
  return modules;
}

const token = ({ kernel, output, size }: Placed): string => `${workOf(kernel)}:${output} ${size}`;

/** The common name of each record of a module: its work, and its place among the calls of that work. */
function names(module: string, records: readonly Placed[]): string[] {
  const calls = new Map<string, Map<string, number>>();
  return records.map(({ kernel, call, output }) => {
    const work = workOf(kernel);
    const seen = calls.get(work) ?? new Map<string, number>();
    calls.set(work, seen);
    const own = `${kernel}#${call}`;
    const place = seen.get(own) ?? seen.size;
    seen.set(own, place);
    return `${module}/${work}#${place}:${output}`;
  });
}

/** Places of the records that have no name yet, and whose numbers can be told from others. */
const unnamed = (records: readonly Placed[], named: ReadonlyMap<string, string>): number[] =>
  records.flatMap(({ key, same }, i) => (same && !named.has(key) ? [i] : []));

export interface CommonNames {
  /** From a lane's own key to the common name, which is the target's; of records that both have. */
  readonly target: ReadonlyMap<string, string>;
  readonly reference: ReadonlyMap<string, string>;
}

/**
 * Records of both lanes that are the same work on tensors of the same size, at the same place of a module; and what is left of a module
 * where both hold the same numbers, by whatever ops they came to them.
 */
export function commonNames(target: readonly Placed[], reference: readonly Placed[]): CommonNames {
  const others = byModule(reference);
  const found = { target: new Map<string, string>(), reference: new Map<string, string>() };
  for (const [module, own] of byModule(target)) {
    const other = others.get(module) ?? [];
    const common = names(module, own);
    const pair = (i: number, j: number) => {
      found.target.set(own[i]!.key, common[i]!);
      found.reference.set(other[j]!.key, common[i]!);
    };
    for (const [i, j] of commonSequence(own.map(token), other.map(token))) pair(i, j);
    const left = [unnamed(own, found.target), unnamed(other, found.reference)] as const;
    const numbers = (places: readonly number[], of: readonly Placed[]) => places.map((i) => of[i]!.same!);
    for (const [i, j] of commonSequence(numbers(left[0], own), numbers(left[1], other)))
      pair(left[0][i]!, left[1][j]!);
  }
  return found;
}
