/**
 * The product for matrices of some size: each workgroup makes a tile of the output from strips of both operands
 * in workgroup memory, each invocation a block of it in registers. The sum over k runs in order of k.
 */
import { loadFunction, type Width } from './load.wgsl.ts';
import { declareStrip, fillStrip, readStrip, type Strip } from './strip.wgsl.ts';

/** Tile sizes; `rows` and `columns` are multiples of 4 per invocation, the invocations 8 x 8. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

const side = 8;
export const tileInvocations = side * side;

const each = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('\n    ');

/** `fn store(sum, at, out, row, column)`: up to four columns of one row. */
function storeFunction(outputWidth: Width): string {
  const scalar = (i: number) =>
    `if (column + ${i} < uniforms.columns) { result[first + ${i}] = value[${i}]; }`;
  return `
fn store(sum : vec4<f32>, at : vec4<i32>, out : i32, row : i32, column : i32) {
  if (row < uniforms.rows) {
    let value = finish(sum, at, row, column);
    let first = out + row * uniforms.columns + column;
    ${outputWidth === 4 ? 'if (column < uniforms.columns) { result[first / 4] = value; }' : each(4, scalar)}
  }
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
  const { inner } = tile;
  const a: Strip = { buffer: 'A', length: tile.rows, inner, innerContiguous: aInner, width: aWidth };
  const b: Strip = { buffer: 'B', length: tile.columns, inner, innerContiguous: bInner, width: bWidth };
  const rowQuads = tile.rows / side / 4;
  const columnQuads = tile.columns / side / 4;
  const blocks = (make: (row: number, quad: number) => string) =>
    each(rowQuads * 4, (row) => each(columnQuads, (quad) => make(row, quad)));
  const part = (row: number) => `a${Math.floor(row / 4)}.${'xyzw'[row % 4]}`;
  const write = (row: number, quad: number) =>
    `store(sum${row}_${quad}, at, out, rowStart + (ty + ${Math.floor(row / 4) * side}) * 4 + ${row % 4}, columnStart + (tx + ${quad * side}) * 4);`;
  return `
${loadFunction('A', aInner, 'uniforms.rows', aWidth)}
${loadFunction('B', bInner, 'uniforms.columns', bWidth)}
${storeFunction(outputWidth)}
${declareStrip(a)}
${declareStrip(b)}
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
  let startA = dot(at, uniforms.aStep) * uniforms.rows * uniforms.inner;
  let startB = dot(at, uniforms.bStep) * uniforms.columns * uniforms.inner;
  let out = matrix * uniforms.rows * uniforms.columns;
  let tx = i32(localIndex) % ${side};
  let ty = i32(localIndex) / ${side};
  ${blocks((row, quad) => `var sum${row}_${quad} = vec4<f32>();`)}
  for (var k0 = 0; k0 < uniforms.inner; k0 += ${inner}) {
    ${fillStrip(a, 'rowStart', tileInvocations)}
    ${fillStrip(b, 'columnStart', tileInvocations)}
    workgroupBarrier();
    for (var k = 0; k < min(${inner}, uniforms.inner - k0); k += 1) {
    ${each(rowQuads, (i) => `let a${i} = ${readStrip(a, `ty + ${i * side}`)};`)}
    ${each(columnQuads, (i) => `let b${i} = ${readStrip(b, `tx + ${i * side}`)};`)}
    ${blocks((row, quad) => `sum${row}_${quad} += ${part(row)} * b${quad};`)}
    }
    workgroupBarrier();
  }
  ${blocks(write)}
}`;
}
