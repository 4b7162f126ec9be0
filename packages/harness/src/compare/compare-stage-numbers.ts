/**
 * Two lanes stage by stage in numbers: embeddings, each block's attention, residual and output, final norm, logits, loss,
 * gradients by parameter. How far a lane may lie from float64 follows from how far the better of the two lies from it. Pure.
 */
import type { LaneRecord, StageComparison, StagesRecord } from '@nanscope/record';
import { toJsonNumber } from '@nanscope/record';

/** Some elements of a stage, the classes of all of them, and what float64 gives where a lane has it. */
export interface StageValues {
  readonly values: Float32Array | Float64Array;
  readonly classes: { readonly nan: number; readonly inf: number; readonly size: number };
  readonly exact?: Float64Array;
}
export type StageFile = ReadonlyMap<string, StageValues>;

/** Times the error of the better lane: sums in another order, other exponentials and other products stay well below it. */
const TIMES = 16;
/** Steps of a lane's type at the largest value of the stage, where the better lane happens to be exact. */
const STEPS = 64;

/**
 * The step of the coarsest type in which a lane computes: that of its attention, or of the whole model. No finer than float32: models in
 * float64 compute norms and softmax in float32 as well.
 */
function stepOf({ policy, config }: LaneRecord): number {
  const types = [policy.computeDtype, config.dtype];
  return types.includes('bf16') ? 2 ** -7 : types.includes('f16') ? 2 ** -10 : 2 ** -23;
}

/** The order in which stages are computed; gradients come last, by name. */
function place(name: string): readonly [number, number, number] {
  const block = /^h\.(\d+)( attention)?( residual)?$/.exec(name);
  if (block) return [1, Number(block[1]), block[3] ? 1 : block[2] ? 0 : 2];
  return [{ embeddings: 0, ln_f: 2, logits: 3, loss: 4 }[name] ?? 5, 0, 0];
}

function inOrder(a: string, b: string): number {
  const [one, two] = [place(a), place(b)];
  const at = one.findIndex((part, index) => part !== two[index]);
  return at < 0 ? (a < b ? -1 : 1) : one[at]! - two[at]!;
}

/** Largest |a - b| where both are finite, and how many such places there are. */
function largest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { readonly apart: number; readonly count: number } {
  let [apart, count] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!);
    if (!Number.isFinite(distance)) continue;
    count++;
    if (distance > apart) apart = distance;
  }
  return { apart, count };
}

function amax(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

/** A gradient that is zero but for rounding is rounded at the scale of its module's other gradients. */
const moduleOf = (name: string): string => (name.startsWith('grad.') ? name.replace(/\.[^.]+$/, '') : name);

export function compareStageNumbers(
  [target, targetRecord]: readonly [StageFile, LaneRecord],
  [reference, referenceRecord]: readonly [StageFile, LaneRecord],
): StagesRecord {
  const truth = [reference, target].find((file) => [...file.values()].some(({ exact }) => exact));
  const names = [...target.keys()].filter((name) => reference.has(name)).sort(inOrder);
  const scales = new Map<string, number>();
  for (const name of names) {
    const size = amax(truth?.get(name)?.exact ?? reference.get(name)!.values);
    scales.set(moduleOf(name), Math.max(size, scales.get(moduleOf(name)) ?? 0));
  }
  const compared = names.flatMap((name): StageComparison[] => {
    const [own, other] = [target.get(name)!, reference.get(name)!];
    if (own.classes.size !== other.classes.size || own.values.length !== other.values.length) return [];
    const exact = truth?.get(name)?.exact;
    const { apart, count } = largest(own.values, other.values);
    const errors = exact && [largest(own.values, exact).apart, largest(other.values, exact).apart];
    const scale = scales.get(moduleOf(name))!;
    const better = errors ? Math.min(...errors) : 0;
    const [forTarget, forReference] = [targetRecord, referenceRecord].map((record) =>
      Math.max(TIMES * better, STEPS * stepOf(record) * scale),
    ) as [number, number];
    const sameClasses = own.classes.nan === other.classes.nan && own.classes.inf === other.classes.inf;
    const [targetError, referenceError] = errors ?? [];
    const within = errors
      ? targetError! <= forTarget && referenceError! <= forReference
      : apart <= Math.max(forTarget, forReference);
    return [
      {
        ...{ name, compared: count, apart: toJsonNumber(apart) },
        ...(errors && { target: toJsonNumber(targetError!), reference: toJsonNumber(referenceError!) }),
        allowed: toJsonNumber(Math.max(forTarget, forReference)),
        ...(!sameClasses && {
          classes: `${own.classes.nan} NaN and ${own.classes.inf} infinite of ${own.classes.size} on the target, ${other.classes.nan} and ${other.classes.inf} on the reference`,
        }),
        passed: sameClasses && within,
      },
    ];
  });
  return {
    ...(truth && { exact: truth === reference ? 'reference' : 'target' }),
    stages: compared,
  };
}
