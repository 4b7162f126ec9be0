/**
 * What the judge knows of the batch beside the trace: its letters B and T, and what the mask means. All of it
 * is plain data that the caller has before the batch runs; without it the judge says less, never something else.
 */
import { type BatchTrace, type Health, type InputRef, nonFinite, type OpRecord } from '../types.ts';

/** Facts of the boolean mask that queries and keys see, before any policy turns it into numbers. */
export interface MaskFacts {
  /** Per batch row, the query positions with no allowed key, ascending. */
  readonly fullyMasked: readonly (readonly number[])[];
  /** Cells of [B, T, S] that may not be attended to. */
  readonly blocked: number;
  /** Likewise in layers with a sliding window, by window. */
  readonly blockedInWindows?: readonly number[];
}

export interface BatchContext {
  /** B */
  readonly batch: number;
  /** T */
  readonly positions: number;
  readonly mask?: MaskFacts;
}

/**
 * Derives the facts from the keep mask of a batch and the causal frontier.
 *
 * @param keep [B][T], 1 where a position holds a real token
 * @param causal whether the mask that reaches the kernel is causal as well (false for a policy that drops it)
 * @param windows of the layers, each once: how many keys a query sees, itself included; null for all. A query that has
 *   no key in some layer counts as fully masked.
 */
export function maskFacts(
  keep: readonly (readonly number[])[],
  causal: boolean,
  windows: readonly (number | null)[] = [],
): MaskFacts {
  const [whole, ...others] = [null, ...windows.filter((window) => window !== null)].map((window) =>
    factsOf(keep, causal, window),
  );
  // A mask that no layer has says nothing of the model's queries.
  const some = windows.length > 0 && !windows.includes(null) ? others : [whole!, ...others];
  if (others.length === 0) return whole!;
  return {
    fullyMasked: keep.map((_, row) =>
      [...new Set(some.flatMap(({ fullyMasked }) => fullyMasked[row]!))].sort((a, b) => a - b),
    ),
    blocked: whole!.blocked,
    blockedInWindows: others.map(({ blocked }) => blocked),
  };
}

/** Under one window of keys, the query's own included; null for all. */
function factsOf(keep: readonly (readonly number[])[], causal: boolean, window: number | null): MaskFacts {
  let blocked = 0;
  const fullyMasked = keep.map((row) => {
    const total = row.reduce((count, kept) => count + (kept ? 1 : 0), 0);
    const queries: number[] = [];
    let before = 0;
    row.forEach((kept, query) => {
      if (kept) before++;
      // What slides out of sight on the left.
      if (window !== null && query >= window && row[query - window]) before--;
      const allowed = causal ? before : total - hiddenLeft(row, query, window);
      blocked += row.length - allowed;
      if (allowed === 0) queries.push(query);
    });
    return queries;
  });
  return { fullyMasked, blocked };
}

/** Real tokens to the left of the window of a query. */
const hiddenLeft = (row: readonly number[], query: number, window: number | null): number =>
  window === null ? 0 : row.slice(0, Math.max(0, query - window + 1)).filter((kept) => kept).length;

/** B, T and mask facts of a batch given by its attention mask. @param windows as `maskFacts` takes them */
export function contextOf(
  keep: readonly (readonly number[])[],
  causal: boolean,
  windows: readonly (number | null)[] = [],
): BatchContext {
  return { batch: keep.length, positions: keep[0]?.length ?? 0, mask: maskFacts(keep, causal, windows) };
}

// Looks up what a record's inputs were.

/** The parts of a trace that judging needs: live, or read back from a run folder. */
export type TraceData = Pick<BatchTrace, 'records' | 'externals'>;

export interface Input {
  readonly name: string;
  /** Key of the record, or name of the external. */
  readonly from: string;
  readonly record?: OpRecord;
  readonly health: Health | undefined;
}

export function inputOf(trace: TraceData, ref: InputRef): Input {
  if ('external' in ref) {
    return { name: ref.name, from: ref.external, health: trace.externals[ref.external]?.health };
  }
  const record = trace.records[ref.record];
  if (!record) throw new Error(`A record refers to input ${ref.record} of ${trace.records.length} records.`);
  return { name: ref.name, from: record.key, record, health: record.health };
}

export function inputsOf(trace: TraceData, record: OpRecord): Input[] {
  return record.inputs.map((ref) => inputOf(trace, ref));
}

/** Totals over the inputs. */
export function sumInputs(inputs: readonly Input[]): { nan: number; posInf: number; negInf: number } {
  const total = { nan: 0, posInf: 0, negInf: 0 };
  for (const { health } of inputs) {
    if (!health) continue;
    total.nan += health.nan;
    total.posInf += health.posInf;
    total.negInf += health.negInf;
  }
  return total;
}

export const isPoisoned = (input: Input): boolean => nonFinite(input.health) > 0;

/** Whether any scope of the path bears one of these names. */
export function inScope(record: OpRecord, ...names: string[]): boolean {
  return record.path.split('/').some((segment) => names.includes(segment));
}

// What kernels do to values, as far as judging needs it: which only move them, which multiply, which may turn a sign.

/** Matrix products. */
export const matrixProducts = ['BatchMatMul', '_FusedMatMul', 'Linear'] as const;

/** Kernels whose every output element is an input element, picked by place: they compute nothing. */
export const pickers: ReadonlySet<string> = new Set([
  ...['BroadcastTo', 'Concat', 'ExpandDims', 'GatherNd', 'GatherV2', 'Identity', 'Pack', 'Reshape'],
  ...['Reverse', 'Slice', 'SplitV', 'StridedSlice', 'Tile', 'TopK', 'Transpose', 'Unpack'],
]);

/** The same, or a constant (padding, the other side of a select, a bound). */
const movers: ReadonlySet<string> = new Set([
  ...pickers,
  ...['Cast', 'ClipByValue', 'Max', 'Maximum', 'Min', 'Minimum', 'PadV2', 'Relu', 'Relu6', 'ScatterNd'],
  ...['Select', 'SelectMasked', 'Softmax', 'Exp', 'Log', 'Sqrt', 'Add', 'AddN', 'Sum', 'Mean', 'Cumsum'],
  'UnsortedSegmentSum',
]);

/**
 * Whether the infinities that came out may be those that went in: of the same sign, or through a kernel that can
 * turn the sign. Sub turns that of its second input only. An unknown kernel gets the benefit of the doubt.
 */
export function carriesInfinity(record: OpRecord, inputs: readonly Input[]): boolean {
  const { posInf, negInf } = record.health!;
  const holds = (kind: 'posInf' | 'negInf', of: readonly (Input | undefined)[]) =>
    of.some((input) => (input?.health?.[kind] ?? 0) > 0);
  if ((posInf > 0 && !holds('posInf', inputs)) || (negInf > 0 && !holds('negInf', inputs))) {
    if (movers.has(record.kernel)) return false;
    if (record.kernel === 'Sub') {
      const [, second] = inputs;
      return (
        (posInf === 0 || holds('posInf', inputs) || holds('negInf', [second])) &&
        (negInf === 0 || holds('negInf', inputs) || holds('posInf', [second]))
      );
    }
  }
  return holds('posInf', inputs) || holds('negInf', inputs);
}
