/**
 * Which shader a product runs on, decided by its sizes alone: a tile where there is something to share, slices of
 * k where one operand has few rows. Pure.
 */
import * as tf from '@tensorflow/tfjs';
import { skinnyColumns, skinnyRows } from './skinny.wgsl.ts';
import type { Tile, Width } from './tile.wgsl.ts';

// A product of batches of matrices as plain numbers: sizes, layouts, and how far each operand moves per batch
// axis under broadcasting. Pure; what a shader does with it is in the `*.wgsl.ts` files.

/** Four batch axes: all that a tensor of rank 6 has besides its matrix. */
type BatchAxes = readonly [number, number, number, number];

/** One operand: how its matrices are stored, and how many matrices it moves per step along each batch axis. */
export interface Operand {
  readonly step: BatchAxes;
  /** Whether the summed dimension is the one that is contiguous in memory. */
  readonly innerContiguous: boolean;
}

/** A tensor added to, or weighting, every output element: elements moved per step along each output axis. */
export interface Spread {
  readonly step: BatchAxes;
  readonly row: number;
  readonly column: number;
}

/** out[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n], stored in any order. */
export interface Problem {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly batch: BatchAxes;
  readonly a: Operand;
  readonly b: Operand;
  /** Elements between two rows and between two columns of an output matrix. */
  readonly rowStep: number;
  readonly columnStep: number;
  readonly outputShape: number[];
}

function fourAxes(values: readonly number[], fill: number): BatchAxes {
  return [...Array.from({ length: 4 - values.length }, () => fill), ...values] as unknown as BatchAxes;
}

/** Row-major steps of `shape` within the broadcast shape `out`: 0 along an axis on which it repeats. */
function steps(shape: readonly number[], out: readonly number[]): number[] {
  const own = [...tf.util.computeStrides([...shape]), 1];
  return out.map((_, axis) => {
    const at = axis - (out.length - shape.length);
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

/**
 * @param a [..., M, K], or [..., K, M] when `transposeA`
 * @param b [..., K, N], or [..., N, K] when `transposeB`
 * @throws when the inner sizes differ, the batch axes do not broadcast, or there are more than four of them.
 */
export function problemOf(
  a: readonly number[],
  b: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): Problem {
  const [a0, a1] = a.slice(-2) as [number, number];
  const [b0, b1] = b.slice(-2) as [number, number];
  const [rows, inner] = transposeA ? [a1, a0] : [a0, a1];
  const [bInner, columns] = transposeB ? [b1, b0] : [b0, b1];
  tf.util.assert(
    inner === bInner,
    () =>
      `matMul: the inner sizes ${inner} and ${bInner} of [${a}]${transposeA ? ' transposed' : ''} and [${b}]${transposeB ? ' transposed' : ''} differ.`,
  );
  const batch = tf.backend_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  tf.util.assert(batch.length <= 4, () => `matMul: at most 4 batch axes, got [${batch}].`);
  const operand = (shape: readonly number[], innerContiguous: boolean): Operand => ({
    step: fourAxes(steps(shape.slice(0, -2), batch), 0),
    innerContiguous,
  });
  return {
    rows,
    columns,
    inner,
    batch: fourAxes(batch, 1),
    a: operand(a, !transposeA),
    b: operand(b, transposeB),
    rowStep: columns,
    columnStep: 1,
    outputShape: [...batch, rows, columns],
  };
}

/** The same product seen from its transpose, out^T = b^T a^T; the output stays where it is. */
export function swapped(problem: Problem): Problem {
  const { rows, columns, a, b, rowStep, columnStep } = problem;
  return { ...problem, rows: columns, columns: rows, a: b, b: a, rowStep: columnStep, columnStep: rowStep };
}

/** @throws when `shape` does not broadcast to the output of the problem. */
export function spreadOf(name: string, shape: readonly number[], { outputShape }: Problem): Spread {
  const joint = tf.backend_util.assertAndGetBroadcastShape([...shape], outputShape);
  tf.util.assert(
    tf.util.arraysEqual(joint, outputShape),
    () => `matMul: a ${name} of shape [${shape}] does not fit the output [${outputShape}].`,
  );
  const all = steps(shape, outputShape);
  return {
    step: fourAxes(all.slice(0, -2), 0),
    row: all.at(-2)!,
    column: all.at(-1)!,
  };
}

export const batchSize = ({ batch }: Problem): number => batch[0] * batch[1] * batch[2] * batch[3];

const large: Tile = { rows: 64, columns: 64, inner: 16 };
const small: Tile = { rows: 32, columns: 32, inner: 32 };

/** Below this many large tiles a GPU has idle cores, and small tiles are quicker. */
const enoughTiles = 64;

interface Common {
  readonly problem: Problem;
  readonly aWidth: Width;
  readonly bWidth: Width;
  readonly groups: number;
  readonly rowTiles: number;
  readonly columnTiles: number;
}
export type Plan =
  | (Common & { readonly kind: 'skinny' })
  | (Common & { readonly kind: 'tile'; readonly tile: Tile; readonly outputWidth: Width });

const whole = (length: number): Width => (length % 4 === 0 ? 4 : 1);

export function planOf(problem: Problem): Plan {
  const { rows, columns } = problem;
  if (Math.min(rows, columns) <= skinnyRows) return skinny(rows <= columns ? problem : swapped(problem));
  return tiled(problem);
}

function skinny(problem: Problem): Plan {
  const { columns, inner, a, b } = problem;
  const columnTiles = Math.ceil(columns / skinnyColumns);
  // Along k, four at a time takes both operands.
  const alongInner = a.innerContiguous && b.innerContiguous ? whole(inner) : 1;
  return {
    kind: 'skinny',
    problem,
    aWidth: alongInner,
    bWidth: b.innerContiguous ? alongInner : whole(columns),
    rowTiles: 1,
    columnTiles,
    groups: columnTiles * batchSize(problem),
  };
}

function tiled(problem: Problem): Plan {
  const { rows, columns, inner, a, b } = problem;
  const count = (tile: Tile) =>
    Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * batchSize(problem);
  const tile = count(large) >= enoughTiles ? large : small;
  return {
    kind: 'tile',
    tile,
    problem,
    aWidth: whole(a.innerContiguous ? inner : rows),
    bWidth: whole(b.innerContiguous ? inner : columns),
    outputWidth: whole(columns),
    rowTiles: Math.ceil(rows / tile.rows),
    columnTiles: Math.ceil(columns / tile.columns),
    groups: count(tile),
  };
}

/** Every choice that changes the code: compiled pipelines are kept by this. */
export function planKey(plan: Plan): string {
  const { problem, aWidth, bWidth } = plan;
  const { a, b } = problem;
  const layouts = [a, b].map(({ innerContiguous }) => (innerContiguous ? 'k' : 'o')).join('');
  const variant =
    plan.kind === 'skinny'
      ? `skinny${problem.rows}`
      : `tile${plan.tile.rows}x${plan.tile.columns}x${plan.tile.inner}_${plan.outputWidth}`;
  return `matMul_${variant}_${layouts}_${aWidth}${bWidth}`;
}
