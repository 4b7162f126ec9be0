/**
 * The forward pass: each workgroup walks over the keys with a running maximum and sum for a tile of queries
 * (FlashAttention, Dao et al. 2022). Writes the context, then maximum and sum of each row, into one buffer.
 *
 * A row that meets nothing but -inf ends with the sum 0, and 0 / 0 makes the NaN that a kernel without a guard
 * makes. A driver with fast math may make something else of it, which is what such a policy is there to show.
 */

import { headFunctions, liveFromMask, loadFunction, queryTile, type Width } from './load.wgsl.ts';
import { isOpen, keyRange, maskFunctions } from './mask.wgsl.ts';
import { bitTests, declareReduce, reduceRows, rounding } from './numbers.wgsl.ts';
import { side, type Tile, tileColumns } from './problem.ts';
import {
  declareStrips,
  dots,
  each,
  loop,
  ownQuad,
  readWeights,
  type Storage,
  storeRows,
  storeWeights,
  weigh,
} from './product.wgsl.ts';

/** Every choice that changes the code. */
export interface ForwardVariant {
  readonly tile: Tile;
  readonly width: Width;
  readonly half: boolean;
  readonly storage: Storage;
  readonly subgroups: boolean;
}

/** A row without a key: its probabilities are 0, and 0 * NaN is NaN; or it is 0 itself. */
const guarded = `
fn guarded(x : vec4<f32>, live : bool) -> vec4<f32> {
  if (live || (uniforms.guard != 1 && uniforms.guard != 4)) { return x; }
  return select(x * f32(uniforms.zero), vec4<f32>(0.0), uniforms.guard == 4);
}`;

/**
 * Weights are this small part of exponentials, and what they sum up is made whole at the end: where values are near the largest
 * float32, keys of the first tiles, which a later maximum makes small, do not overflow before it is known. A power of 2, so that
 * no bit changes. Halves need none of it, and would lose it.
 */
const part = { taken: ' * 0.0000152587890625', whole: ' * 65536.0' };

/** Declarations that all three passes share. */
export const sharedFunctions = (half: boolean) =>
  `${bitTests}${rounding(half)}${headFunctions}${maskFunctions}${isOpen}`;

export function forwardCode({ tile, width, half, storage, subgroups }: ForwardVariant): string {
  const { rows, columns } = tile;
  const outputs = tile.outputs[0]!;
  const scores = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(columns, (j) => make(i, j)));
  const sums = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(outputs, (j) => make(i, j)));
  const { taken, whole } = half ? { taken: '', whole: '' } : part;
  const place = 'head * uniforms.queries + row';
  return `
${sharedFunctions(half)}
${liveFromMask}
${guarded}
${keyRange}
${loadFunction('Q', width)}
${loadFunction('K', width)}
${loadFunction('V', width)}
${declareStrips(tile, storage)}
${declareReduce(tile, subgroups)}
fn main(index : i32) {
  ${queryTile(tile)}
  var maximum : array<f32, ${rows}>;
  var sum : array<f32, ${rows}>;
  var most : array<f32, ${rows}>;
  var shrink : array<f32, ${rows}>;
  var dropped : array<u32, ${rows}>;
  var live : array<bool, ${rows}>;
  // A sink is met before all keys: the first maximum, and in one of the 8 its exponential, 1 where it is finite and 0 of -inf.
  let sink = select(uniforms.minusInfinity, Sinks[h * uniforms.sunk], uniforms.sunk == 1);
  let sunk = select(0.0, exp(sink - subtrahend(sink))${taken}, tx == 0);
  ${loop('i', rows, `maximum[i] = sink; sum[i] = sunk; live[i] = isLive(b, h, first + ty * ${rows} + i);`)}
  ${sums((i, j) => `var out${i}_${j} = vec4<f32>(0.0);`)}
  for (var key = range.x; key < range.y; key += ${tileColumns(tile)}) {
    ${scores((i, j) => `var s${i}_${j} = vec4<f32>(0.0);`)}
    ${dots('s', 'quadQ(b, h, head, first + row, at)', 'quadK(b, h, keys, key + row, at)', 'uniforms.headSize', tile, storage)}
    let open = isOpen(first, last, key, key + ${tileColumns(tile) - 1});
    ${scores((i, j) => `s${i}_${j} = scoreOf(s${i}_${j});`)}
    ${storeWeights('s', tile, storage)}
    ${loop(
      'i',
      rows,
      `most[i] = uniforms.minusInfinity;
      dropped[i] = 0u;
      ${each(
        columns,
        (j) => `{
        var x = capped(${readWeights('i', j, tile, storage)});
        if (!open) {
          let masked = maskCells(x, vec4<i32>(first + ty * ${rows} + i), fourFrom(key + (tx + ${j * side}) * 4), vec4<bool>(live[i]), b, h);
          x = masked.score;
          dropped[i] = dropped[i] | (bitsOf(masked.dropped) << ${j * 4}u);
        }
        ${ownQuad('i', j, tile)} = vec4<${storage}>(x);
        most[i] = larger(most[i], larger(larger(x.x, x.y), larger(x.z, x.w)));
      }`,
      )}`,
    )}
    ${reduceRows('most', (a, x) => `larger(${a}, ${x})`, tile, subgroups)}
    ${loop(
      'i',
      rows,
      `let next = larger(maximum[i], most[i]);
      shrink[i] = exp(maximum[i] - subtrahend(next));
      maximum[i] = next;
      sum[i] *= shrink[i];
      ${each(
        columns,
        (j) => `{
        let e = exp(${readWeights('i', j, tile, storage)} - vec4<f32>(subtrahend(next)))${taken};
        let x = select(e, vec4<f32>(0.0), boolsOf(dropped[i] >> ${j * 4}u));
        sum[i] += dot(x, vec4<f32>(1.0));
        ${ownQuad('i', j, tile)} = vec4<${storage}>(rounded(x));
      }`,
      )}`,
    )}
    ${sums((i, j) => `out${i}_${j} *= shrink[${i}];`)}
    ${weigh('out', 'quadV(b, h, keys, key + row, at)', `min(${tileColumns(tile)}, range.y - key)`, outputs, tile, storage)}
  }
  ${reduceRows('sum', (a, x) => `(${a} + ${x})`, tile, subgroups)}
  ${loop('i', rows, `sum[i] = sum[i]${whole};`)}
  ${storeRows('out', outputs, { value: `guarded(rounded(x${whole} / sum[i]), live[i])`, start: `(${place}) * uniforms.valueSize`, size: 'uniforms.valueSize', valid: 'uniforms.queries' }, tile, storage)}
  let rows = (uniforms.groups / uniforms.tiles) * uniforms.queries;
  ${loop(
    'i',
    rows,
    `let row = first + ty * ${rows} + i;
    if (tx == 0 && row < uniforms.queries) {
      let at = rows * uniforms.valueSize + (${place}) * 2;
      // As the composed form has them: evenly over all keys where the row is made 0, NaN where nothing but -inf was met.
      let cleared = !live[i] && uniforms.guard == 4;
      result[at] = select(subtrahend(maximum[i]), 0.0, cleared);
      result[at + 1] = select(select(sum[i], sum[i] / sum[i], sum[i] == 0.0), f32(uniforms.keys), cleared);
    }`,
  )}
}`;
}
