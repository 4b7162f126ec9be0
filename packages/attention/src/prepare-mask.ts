/**
 * Composes padding, causality, window and explicit mask under a policy: the one place where masks meet.
 * Runs on the active device from compact inputs, once per forward pass; applying it to scores is apply-mask.ts.
 */
import { isTapped } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { checkMaskSpec } from './check.ts';
import { hasFusedShader } from './fused/choose.ts';
import { roundNumberTo, roundTo } from './kernels/rounding.ts';
import { notMinusInfinity, selectMasked } from './kernels/select-masked.ts';
import type {
  AttentionKernel,
  ComposedMask,
  MaskShape,
  MaskSpec,
  MaskStep,
  PreparedMask,
} from './mask-types.ts';
import { type Policy, roundsScores } from './policy.ts';
import { keysWithQuery, queriesWithKey, type Reach } from './reach.ts';

/** sdpa walks over the keys in blocks of this size. */
export const KEY_BLOCK = 512;

/** The constraints of a spec as bool tensors, each broadcastable to `[B, H, T, S]`. */
interface Constraints {
  readonly causal: tf.Tensor4D | undefined;
  readonly window: tf.Tensor4D | undefined;
  readonly padding: tf.Tensor4D | undefined;
  readonly explicit: tf.Tensor4D | undefined;
  /** The explicit mask when it is float: added to the scores under every policy. */
  readonly bias: tf.Tensor4D | undefined;
}

/**
 * @param kernel What the mask is for; default: fused where the active backend has its shaders.
 * @returns a mask for `attention` and for `blockedCells`. Call it inside a tidy that encloses all its uses.
 * @throws UserError `attention/mask-shape`, `attention/mask-dtype`, `attention/window`
 */
export function prepareMask(spec: MaskSpec, shape: MaskShape, kernel?: AttentionKernel): PreparedMask {
  checkMaskSpec(spec, shape);
  const { batch, queries, keys, policy } = shape;
  const prepared = { batch, queries, keys, policy, causal: spec.causal === true, spec, kernel };
  // Shaders read the compact inputs; everywhere else all layers share one composed mask.
  const compact = hasFusedShader() && (kernel === 'fused' || (kernel === undefined && !isTapped()));
  return compact ? prepared : { ...prepared, composed: composeMask(spec, prepared) };
}

/** The mask as tensors broadcastable to `[B, H, T, S]`. */
export function composeMask(spec: MaskSpec, { batch, queries, keys, policy }: MaskShape): ComposedMask {
  // tidy keeps every tensor it finds in the result, however deep; its types only know plain containers.
  return tf.tidy(
    'mask',
    () => compose(spec, { batch, queries, keys, policy }) as unknown as tf.TensorContainerObject,
  ) as unknown as ComposedMask;
}

function compose(spec: MaskSpec, shape: MaskShape): ComposedMask {
  const constraints = constraintsOf(spec, shape);
  const { causal, window, padding, explicit } = constraints;
  const allowed = and([causal, window, padding, explicit]);
  if (!allowed) return { ...shape, steps: [] };
  const reach: Reach | undefined =
    (causal || window) && !explicit
      ? { ...shape, first: firstPosition(spec, shape), causal: causal !== undefined, window: spec.window }
      : undefined;
  const liveQueries = reach ? queriesWithKey(reach, padding) : (tf.any(allowed, -1, true) as tf.Tensor4D);
  const opened = guardedCells(liveQueries, spec, shape);
  const steps = stepsOf(constraints, allowed, liveQueries, opened, shape.policy);
  const ownOpened = shape.policy.rowGuard === 'zeros' ? undefined : opened;
  const liveKeys = () =>
    reach && !ownOpened ? keysWithQuery(reach, padding) : anyQuery(or(allowed, ownOpened));
  return { ...shape, steps, allowed, liveQueries, ...(shape.policy.clearMasked && { liveKeys: liveKeys() }) };
}

function constraintsOf(spec: MaskSpec, { queries, keys, policy }: MaskShape): Constraints {
  const given = spec.padding !== undefined || spec.explicit !== undefined;
  const causal = spec.causal === true && !(policy.compose === 'causal-dropped' && given);
  const query = () => queryPositions(spec, { queries, keys }).reshape([queries, 1]);
  const key = () => tf.range(0, keys, 1, 'int32').reshape([1, keys]);
  const plane = (mask: tf.Tensor) => mask.reshape([1, 1, queries, keys]) as tf.Tensor4D;
  const { explicit } = spec;
  const explicit4D = explicit?.reshape([...Array<number>(4 - explicit.rank).fill(1), ...explicit.shape]) as
    | tf.Tensor4D
    | undefined;
  const bias = explicit4D && explicit4D.dtype !== 'bool' ? explicit4D : undefined;
  return {
    causal: causal ? plane(tf.lessEqual(key(), query())) : undefined,
    window:
      spec.window === undefined
        ? undefined
        : plane(tf.greater(key(), query().sub(tf.scalar(spec.window, 'int32')))),
    padding: spec.padding && (spec.padding.cast('bool').reshape([-1, 1, 1, keys]) as tf.Tensor4D),
    explicit: bias ? notMinusInfinity(bias) : explicit4D,
    bias: bias && roundTo(bias, policy.computeDtype),
  };
}

/** The key position of query 0. */
function firstPosition({ offset }: MaskSpec, { queries, keys }: Pick<MaskShape, 'queries' | 'keys'>): number {
  return offset ?? keys - queries;
}

function queryPositions(spec: MaskSpec, shape: Pick<MaskShape, 'queries' | 'keys'>): tf.Tensor1D {
  const first = firstPosition(spec, shape);
  return tf.range(first, first + shape.queries, 1, 'int32');
}

/** The cells that the row guard opens in fully masked rows: bool, or undefined where it opens none. */
function guardedCells(
  liveQueries: tf.Tensor4D,
  spec: MaskSpec,
  { queries, keys, policy }: MaskShape,
): tf.Tensor4D | undefined {
  if (policy.rowGuard === 'none') return undefined;
  const dead = tf.logicalNot(liveQueries);
  if (policy.rowGuard !== 'self') return dead;
  const query = queryPositions(spec, { queries, keys }).reshape([1, 1, queries, 1]);
  const key = tf.range(0, keys, 1, 'int32').reshape([1, 1, 1, keys]);
  return tf.logicalAnd(dead, tf.equal(query, key)) as tf.Tensor4D;
}

function stepsOf(
  { causal, window, padding, explicit, bias }: Constraints,
  allowed: tf.Tensor4D,
  liveQueries: tf.Tensor4D,
  opened: tf.Tensor4D | undefined,
  policy: Policy,
): MaskStep[] {
  const dtype = roundsScores(policy) ? policy.computeDtype : 'f32';
  const round = (x: number) => roundNumberTo(x, dtype);
  const value = round(policy.fill.value);
  const steps: MaskStep[] = [];
  // In a row that the guard opens, a -inf of the caller's own float mask must not close it again.
  const own =
    bias && opened
      ? selectMasked(full(bias, opened), or(notMinusInfinity(bias), tf.logicalNot(opened)), tf.scalar(0))
      : bias;
  if (policy.fill.how === 'select') {
    if (own) steps.push({ how: 'add', bias: own });
    if (policy.rowGuard === 'zeros') {
      // A fully masked row becomes a constant, so that no NaN is made; its output is set to 0 afterwards.
      const fill = selectMasked(tf.fill(liveQueries.shape, value), liveQueries, tf.scalar(0));
      steps.push({ how: 'select', keep: allowed, fill });
    } else {
      // A finite fill does not lift what the caller's own float mask set to -inf: the sum has closed it already.
      const closed = bias && Number.isFinite(value) ? and([causal, window, padding]) : allowed;
      if (closed) steps.push({ how: 'select', keep: or(closed, opened), fill: tf.scalar(value) });
    }
    return steps;
  }
  if (policy.rowGuard === 'zeros' && policy.guardReads === 'mask') {
    steps.push({ how: 'select', keep: liveQueries, fill: tf.scalar(0) });
  }
  const sums = [0, value, round(value + value), round(round(value + value) + value)];
  if (policy.compose === 'causal-twice' && causal) {
    steps.push({ how: 'select', keep: or(causal, opened), fill: tf.scalar(value) });
  }
  const parts =
    policy.compose === 'add' ? [and([causal, window]), padding, bias ? undefined : explicit] : [allowed];
  const kept = parts.flatMap((part) => (part ? [or(part, opened)] : []));
  const blocked = kept.map((part) => tf.logicalNot(part).cast('int32'));
  // Looked up, not added: an overflow on the device is not a thing to rely on.
  const filled =
    blocked.length > 0
      ? tf.gather(
          tf.tensor1d(sums),
          blocked.reduce((a, b) => a.add(b)),
        )
      : undefined;
  const sum = filled && own ? own.add(filled) : (filled ?? own);
  if (sum) steps.push({ how: 'add', bias: roundTo(sum, dtype) as tf.Tensor4D });
  return steps;
}

/**
 * `[B|1, 1, S, 1]`: the keys that some query of some head attends to. Counted as floats: reducing over an outer
 * axis transposes first, and tfjs's WebGPU transpose does not compile for a bool, nor for one cast to float32.
 */
function anyQuery(attended: tf.Tensor4D): tf.Tensor4D {
  const ones = selectMasked(tf.ones(attended.shape) as tf.Tensor4D, attended, tf.scalar(0));
  return tf
    .greater(tf.sum(ones, [1, 2]), 0)
    .reshape([attended.shape[0], 1, attended.shape[3], 1]) as tf.Tensor4D;
}

function full(bias: tf.Tensor4D, other: tf.Tensor4D): tf.Tensor4D {
  const shape = bias.shape.map((n, d) => Math.max(n, other.shape[d]!)) as [number, number, number, number];
  return tf.broadcastTo(bias, shape) as tf.Tensor4D;
}

function or(a: tf.Tensor4D, b: tf.Tensor | undefined): tf.Tensor4D {
  return b ? (tf.logicalOr(a, b) as tf.Tensor4D) : a;
}

function and(masks: readonly (tf.Tensor4D | undefined)[]): tf.Tensor4D | undefined {
  return masks.reduce((a, b) => (a && b ? (tf.logicalAnd(a, b) as tf.Tensor4D) : (a ?? b)), undefined);
}

/** A mask given to `attention` may be a spec or prepared already. */
export function isPrepared(mask: MaskSpec | PreparedMask): mask is PreparedMask {
  return 'spec' in mask;
}

/** @throws UserError when a prepared mask does not belong to these tensors or this policy. */
export function checkPrepared(mask: PreparedMask, shape: Omit<MaskShape, 'policy'>): void {
  if (mask.batch !== shape.batch || mask.queries !== shape.queries || mask.keys !== shape.keys) {
    throw new UserError(
      'attention/mask-shape',
      `The mask was prepared for batch ${mask.batch}, queries ${mask.queries}, keys ${mask.keys}; the tensors have batch ${shape.batch}, queries ${shape.queries}, keys ${shape.keys}. Prepare one for these.`,
    );
  }
}
