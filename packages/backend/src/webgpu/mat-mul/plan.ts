/**
 * Which shader a product runs on, decided by its sizes alone: a tile where there is something to share, slices of
 * k where one operand has few rows. Pure.
 */
import type { Width } from './load.wgsl.ts';
import { batchSize, type Problem, swapped } from './problem.ts';
import { skinnyColumns, skinnyRows } from './skinny.wgsl.ts';
import type { Tile } from './tile.wgsl.ts';

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

export function planOf(given: Problem): Plan {
  const { rows, columns } = given;
  if (Math.min(rows, columns) <= skinnyRows) return skinny(rows <= columns ? given : swapped(given));
  return tiled(given);
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
