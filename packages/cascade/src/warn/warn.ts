/**
 * Where a step that is still finite starts to look abnormal: room to overflow, growth, subnormals, rows without an
 * allowed key. From the magnitudes of level `full`; what the mask says is known at `health` too. A pure function.
 */
import { classifyOps, type Judgement } from '../judge/classify.ts';
import { type BatchContext, inputsOf, inScope } from '../judge/context.ts';
import { type BatchTrace, nonFinite, type OpRecord } from '../types.ts';
import { growthOf, headroom, LARGEST, type MeasuredOp, subnormalShare, warningRules } from './rules.ts';

export interface TapHeadroom {
  readonly key: string;
  /** Largest finite magnitude. */
  readonly amax: number;
  /** Powers of two to overflow; negative where it would not fit. */
  readonly f32: number;
  readonly f16: number;
}

export interface EarlyWarning {
  readonly batch: number;
  /** Queries of the batch with no allowed key, known from the mask. */
  readonly rowsWithoutKey: number;
  /** Taps whose magnitudes were measured; 0 below level `full`. */
  readonly taps: number;
  /** The first op, in order of execution and before any unintended non-finite value, that a rule finds abnormal. */
  readonly starts?: { readonly key: string; readonly rule: string; readonly reason: string };
  /** The taps with the least room, the least first. */
  readonly headroom: readonly TapHeadroom[];
  /** How many taps float16 could not hold. */
  readonly beyondF16: number;
  /** The largest share of subnormal values; absent where there are none. */
  readonly subnormal?: { readonly key: string; readonly share: number };
  /** The largest growth across one op, in powers of two; absent where nothing grew. */
  readonly growth?: { readonly key: string; readonly powers: number };
}

/** Taps of which the room to overflow is listed. */
const LISTED = 4;

/** Values at the lower end of float32 with which a mask is filled on purpose. */
const isFill = ({ health }: OpRecord) => health?.min !== undefined && health.min < -0.99 * LARGEST.f32;

/** The fills of a mask, and what carries them on within attention. */
function intendedFills({ records }: BatchTrace): ReadonlySet<OpRecord> {
  const fills = new Set<OpRecord>();
  for (const record of records) {
    if (!isFill(record)) continue;
    const carried = record.inputs.some((ref) => 'record' in ref && fills.has(records[ref.record]!));
    if (carried || inScope(record, 'mask', 'masked')) fills.add(record);
  }
  return fills;
}

/** The ops with magnitudes, up to the first unintended non-finite value: after it no warning is early. */
function measuredOps(
  trace: BatchTrace,
  judgements: readonly Judgement[],
  before: ReadonlyMap<string, number>,
): MeasuredOp[] {
  const fills = intendedFills(trace);
  const end = trace.records.findIndex(
    ({ health }, i) => nonFinite(health) > 0 && judgements[i]!.benign === undefined,
  );
  return trace.records.slice(0, end < 0 ? undefined : end).flatMap((record): MeasuredOp[] => {
    const { health, alias, key } = record;
    if (health?.amax === undefined || alias || fills.has(record)) return [];
    return [
      {
        record,
        health: { ...health, amax: health.amax },
        inputs: inputsOf(trace, record),
        amaxBefore: before.get(key),
      },
    ];
  });
}

/** The largest magnitude of each op over some steps. */
function amaxByKey(traces: readonly BatchTrace[]): Map<string, number> {
  const largest = new Map<string, number>();
  for (const { records } of traces)
    for (const { key, health } of records)
      if (health?.amax !== undefined) largest.set(key, Math.max(health.amax, largest.get(key) ?? 0));
  return largest;
}

function firstAbnormal(ops: readonly MeasuredOp[]): EarlyWarning['starts'] {
  for (const op of ops) {
    for (const { name, reason } of warningRules) {
      const said = reason(op);
      if (said !== undefined) return { key: op.record.key, rule: name, reason: said };
    }
  }
  return undefined;
}

/** The op with the largest figure above 0. */
function largest(
  ops: readonly MeasuredOp[],
  figure: (op: MeasuredOp) => number,
): { readonly key: string; readonly value: number } | undefined {
  let best: { key: string; value: number } | undefined;
  for (const op of ops) {
    const value = figure(op);
    if (value > (best?.value ?? 0)) best = { key: op.record.key, value };
  }
  return best;
}

/**
 * @param previous traces of the steps before, of the same program
 * @param judgements from `classifyOps`, when the caller has them already
 */
export function earlyWarning(
  trace: BatchTrace,
  context?: BatchContext,
  previous: readonly BatchTrace[] = [],
  judgements: readonly Judgement[] = classifyOps(trace, context),
): EarlyWarning {
  const ops = measuredOps(trace, judgements, amaxByKey(previous));
  const starts = firstAbnormal(ops);
  const subnormal = largest(ops, ({ health }) => subnormalShare(health));
  const growth = largest(ops, growthOf);
  const byAmax = ops.filter(({ health }) => health.amax > 0).sort((a, b) => b.health.amax - a.health.amax);
  return {
    batch: trace.batch,
    rowsWithoutKey: (context?.mask?.fullyMasked ?? []).reduce((sum, { length }) => sum + length, 0),
    taps: ops.length,
    ...(starts && { starts }),
    headroom: byAmax.slice(0, LISTED).map(({ record: { key }, health: { amax } }) => ({
      key,
      amax,
      f32: headroom(amax, 'f32'),
      f16: headroom(amax, 'f16'),
    })),
    beyondF16: ops.filter(({ health }) => health.amax > LARGEST.f16).length,
    ...(subnormal && { subnormal: { key: subnormal.key, share: subnormal.value } }),
    ...(growth && { growth: { key: growth.key, powers: growth.value } }),
  };
}
