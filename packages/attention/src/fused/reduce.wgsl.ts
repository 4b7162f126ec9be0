/**
 * Largest and sum over the 8 invocations that share a row, in a fixed order. With subgroups they exchange registers;
 * without, they meet in workgroup memory.
 */
import { loop } from './product.wgsl.ts';
import { side, type Tile, tileRows } from './tile.ts';

type Combine = (a: string, b: string) => string;

export const declareReduce = (tile: Tile, subgroups: boolean) =>
  subgroups ? '' : `var<workgroup> partial : array<f32, ${tileRows(tile) * side}>;`;

/** `name[row]` becomes, in all 8, what `combine(a, b)` makes of the 8. */
export function reduceRows(name: string, combine: Combine, { rows }: Tile, subgroups: boolean): string {
  if (subgroups) {
    const steps = [1, 2, 4].map((step) => `x = ${combine('x', `subgroupShuffleXor(x, ${step}u)`)};`);
    return loop('i', rows, `var x = ${name}[i]; ${steps.join(' ')} ${name}[i] = x;`);
  }
  const at = (n: number) => `partial[(ty * ${rows} + i) * ${side} + ${n}]`;
  // The order of the exchange by registers: neighbours, then pairs, then fours.
  const pair = (n: number) => combine(at(n), at(n + 1));
  const four = (n: number) => combine(pair(n), pair(n + 2));
  return `
    workgroupBarrier();
    ${loop('i', rows, `partial[(ty * ${rows} + i) * ${side} + tx] = ${name}[i];`)}
    workgroupBarrier();
    ${loop('i', rows, `${name}[i] = ${combine(four(0), four(4))};`)}`;
}
