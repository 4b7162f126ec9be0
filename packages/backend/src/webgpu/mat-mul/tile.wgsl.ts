/**
 * The product for matrices of some size: each workgroup makes a tile of the output from strips of both operands
 * in workgroup memory, each invocation a block of it in registers. The sum over k runs in order of k.
 */
import { loadFunction, type Width } from './load.wgsl.ts';

/** Tile sizes; `rows` and `columns` are multiples of 4 per invocation, the invocations 8 x 8. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

const side = 8;
export const tileInvocations = side * side;

/** The strip of one operand, [inner][length / 4] vec4s, filled in blocks of 4 x 4. */
function strip(
  buffer: 'A' | 'B',
  origin: string,
  length: number,
  tile: Tile,
  innerContiguous: boolean,
): string {
  const across = length / 4;
  const down = tile.inner / 4;
  const load = (i: number) =>
    innerContiguous
      ? `load${buffer}(${buffer}start, ${origin} + outer + ${i}, k0 + inner)`
      : `load${buffer}(${buffer}start, k0 + inner + ${i}, ${origin} + outer)`;
  const stored = ['x', 'y', 'z', 'w'].map((part, i) =>
    innerContiguous ? `vec4<f32>(v0.${part}, v1.${part}, v2.${part}, v3.${part})` : `v${i}`,
  );
  const blocks = across * down;
  const one = `
      let outer = ${innerContiguous ? `(block / ${down})` : `(block % ${across})`} * 4;
      let inner = ${innerContiguous ? `(block % ${down})` : `(block / ${across})`} * 4;
      ${[0, 1, 2, 3].map((i) => `let v${i} = ${load(i)};`).join('\n      ')}
      ${stored.map((value, i) => `strip${buffer}[(inner + ${i}) * ${across} + outer / 4] = ${value};`).join('\n      ')}`;
  return `
    for (var block = i32(localIndex); block < ${blocks}; block += ${tileInvocations}) {${one}
    }`;
}

export function tileFunctions(
  tile: Tile,
  aInner: boolean,
  bInner: boolean,
  aWidth: Width,
  bWidth: Width,
  outputWidth: Width,
): string {
  const rowQuads = tile.rows / side / 4;
  const columnQuads = tile.columns / side / 4;
  const each = (count: number, make: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => make(i)).join('\n    ');
  const blocks = (make: (row: number, quad: number) => string) =>
    each(rowQuads * 4, (row) => each(columnQuads, (quad) => make(row, quad)));
  const part = (row: number) => `a${Math.floor(row / 4)}.${'xyzw'[row % 4]}`;
  const store =
    outputWidth === 4
      ? 'if (column < uniforms.columns) { result[first / 4] = value; }'
      : [0, 1, 2, 3]
          .map((i) => `if (column + ${i} < uniforms.columns) { result[first + ${i}] = value[${i}]; }`)
          .join('\n    ');
  const write = (row: number, quad: number) =>
    `store(sum${row}_${quad}, at, out, rowStart + (ty + ${Math.floor(row / 4) * side}) * 4 + ${row % 4}, columnStart + (tx + ${quad * side}) * 4);`;
  return `
${loadFunction('A', aInner ? 'uniforms.rows' : 'uniforms.inner', aInner ? 'uniforms.inner' : 'uniforms.rows', aWidth)}
${loadFunction('B', bInner ? 'uniforms.columns' : 'uniforms.inner', bInner ? 'uniforms.inner' : 'uniforms.columns', bWidth)}
fn store(sum : vec4<f32>, at : vec4<i32>, out : i32, row : i32, column : i32) {
  if (row < uniforms.rows) {
    let value = finish(sum, at, row, column);
    let first = out + row * uniforms.columns + column;
    ${store}
  }
}
var<workgroup> stripA : array<vec4<f32>, ${(tile.inner * tile.rows) / 4}>;
var<workgroup> stripB : array<vec4<f32>, ${(tile.inner * tile.columns) / 4}>;
fn main(index : i32) {
  let group = groupIndex();
  let tiles = uniforms.rowTiles * uniforms.columnTiles;
  let tile = group % tiles;
  // Neighbours in the list share the strip of the longer operand, which is then read once from memory.
  let rowTile = select(tile / uniforms.columnTiles, tile % uniforms.rowTiles, uniforms.rowsFirst == 1);
  let columnTile = select(tile % uniforms.columnTiles, tile / uniforms.rowTiles, uniforms.rowsFirst == 1);
  let rowStart = rowTile * ${tile.rows};
  let columnStart = columnTile * ${tile.columns};
  let matrix = group / tiles;
  let at = batchAt(matrix);
  let Astart = dot(at, uniforms.aStep) * uniforms.rows * uniforms.inner;
  let Bstart = dot(at, uniforms.bStep) * uniforms.columns * uniforms.inner;
  let out = matrix * uniforms.rows * uniforms.columns;
  let tx = i32(localIndex) % ${side};
  let ty = i32(localIndex) / ${side};
  ${blocks((row, quad) => `var sum${row}_${quad} = vec4<f32>();`)}
  for (var k0 = 0; k0 < uniforms.inner; k0 += ${tile.inner}) {
    ${strip('A', 'rowStart', tile.rows, tile, aInner)}
    ${strip('B', 'columnStart', tile.columns, tile, bInner)}
    workgroupBarrier();
    for (var k = 0; k < ${tile.inner}; k += 1) {
    ${each(rowQuads, (i) => `let a${i} = stripA[k * ${tile.rows / 4} + ty + ${i * side}];`)}
    ${each(columnQuads, (i) => `let b${i} = stripB[k * ${tile.columns / 4} + tx + ${i * side}];`)}
    ${blocks((row, quad) => `sum${row}_${quad} += ${part(row)} * b${quad};`)}
    }
    workgroupBarrier();
  }
  ${blocks(write)}
}`;
}
