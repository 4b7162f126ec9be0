/**
 * The two products of the fused kernels, as text: strips of both operands in workgroup memory, a block of the
 * result in the registers of each invocation. `dots` makes scores from two operands that run along the head size;
 * `weigh` adds weights times rows, with the weights in workgroup memory.
 */
import { invocations, side, type Tile, tileColumns, tileRows } from './problem.ts';

/** What workgroup memory holds: f16 where the numbers are rounded to half already. */
export type Storage = 'f32' | 'f16';

export const each = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('\n    ');

/**
 * A loop that compilers leave a loop: its bound is not a constant to them. Unrolled and inlined, these shaders
 * take a software adapter minutes to compile.
 */
export const loop = (name: string, count: number, body: string, step = 1) =>
  `for (var ${name} = 0; ${name} < ${count} + uniforms.zero; ${name} += ${step}) {
    ${body}
  }`;

/** Place in `weights` of the quad of an invocation: row i of its rows, quad j of its columns. */
export const ownQuad = (i: string, j: number, tile: Tile) =>
  `weights[(ty * ${tile.rows} + ${i}) * ${padded(tileColumns(tile) / 4)} + tx + ${j * side}]`;

/** One quad more than needed, so that rows do not fall into the same bank. */
const padded = (quads: number) => quads + 1;

/** Rows of `weigh`'s second operand that are in memory at once. */
const depth = (tile: Tile) => Math.min(tileColumns(tile), 16);

function sizes(tile: Tile): [number, number, number] {
  const widest = Math.max(...tile.outputs) * side;
  return [
    tileRows(tile) * padded(tile.chunk),
    Math.max(tileColumns(tile) * padded(tile.chunk), depth(tile) * widest),
    tileRows(tile) * padded(tileColumns(tile) / 4),
  ];
}

export function declareStrips(tile: Tile, storage: Storage): string {
  const [a, b, weights] = sizes(tile);
  return `
var<workgroup> stripA : array<vec4<${storage}>, ${a}>;
var<workgroup> stripB : array<vec4<${storage}>, ${b}>;
var<workgroup> weights : array<vec4<${storage}>, ${weights}>;
`;
}

const fill = (strip: string, rows: number, quads: number, stride: number, storage: Storage, load: string) => `
    for (var i = local; i < ${rows * quads} + uniforms.zero; i += ${invocations}) {
      let row = i / ${quads};
      let quad = i % ${quads};
      ${strip}[row * ${stride} + quad] = vec4<${storage}>(${load});
    }`;

const read = (place: string, storage: Storage) => (storage === 'f16' ? `vec4<f32>(${place})` : place);

/**
 * `name{row}_{column} += A B^T` over the head size.
 *
 * @param a, b WGSL for a quad of an operand, of `row` in the tile and `at`, its quad along the head size.
 * @param size WGSL for the head size.
 */
export function dots(name: string, a: string, b: string, size: string, tile: Tile, storage: Storage): string {
  const { rows, columns, chunk } = tile;
  const stride = padded(chunk);
  const load = (text: string) => text.replace('at', 'start + quad');
  return `
  for (var start = 0; start * 4 < ${size}; start += ${chunk}) {
    workgroupBarrier();
    ${fill('stripA', tileRows(tile), chunk, stride, storage, load(a))}
    ${fill('stripB', tileColumns(tile), chunk, stride, storage, load(b))}
    workgroupBarrier();
    let quads = min(${chunk} + uniforms.zero, (${size} + 3) / 4 - start);
    for (var quad = 0; quad < quads; quad += 1) {
    ${each(rows, (i) => `let a${i} = ${read(`stripA[(ty * ${rows} + ${i}) * ${stride} + quad]`, storage)};`)}
    ${each(
      columns,
      (j) => `{
    ${each(4, (c) => `let b${c} = ${read(`stripB[((tx + ${j * side}) * 4 + ${c}) * ${stride} + quad]`, storage)};`)}
    ${each(rows, (i) => `${name}${i}_${j} += vec4<f32>(dot(a${i}, b0), dot(a${i}, b1), dot(a${i}, b2), dot(a${i}, b3));`)}
    }`,
    )}
    }
  }`;
}

/** Writes scores from registers to `weights`, each invocation its own quads. */
export const storeWeights = (name: string, tile: Tile, storage: Storage) =>
  each(tile.rows, (i) =>
    each(tile.columns, (j) => `${ownQuad(String(i), j, tile)} = vec4<${storage}>(${name}${i}_${j});`),
  );

/** WGSL of a quad of `weights` as f32. */
export const readWeights = (i: string, j: number, tile: Tile, storage: Storage) =>
  read(ownQuad(i, j, tile), storage);

/**
 * Stores sums: row by row through `weights`, so that one piece of code writes all rows.
 *
 * @param value WGSL for what becomes of `x` in row `i` of the invocation; `start` for the row's first element.
 */
export function storeRows(
  name: string,
  outputs: number,
  { value, start, size, valid }: Record<'value' | 'start' | 'size' | 'valid', string>,
  tile: Tile,
  storage: Storage,
): string {
  return `workgroupBarrier();
  ${each(
    outputs,
    (j) => `
    ${each(tile.rows, (i) => `${ownQuad(String(i), 0, tile)} = vec4<${storage}>(${value.replaceAll('x', `${name}${i}_${j}`).replaceAll('[i]', `[${i}]`)});`)}
    ${loop(
      'i',
      tile.rows,
      `let row = first + ty * ${tile.rows} + i;
      let value = ${readWeights('i', 0, tile, storage)};
      let column = (tx + ${j * side}) * 4;
      if (row < ${valid}) {
        for (var c = 0; c < 4 + uniforms.zero; c += 1) {
          if (column + c < ${size}) { result[${start} + column + c] = value[c]; }
        }
      }`,
    )}`,
  )}`;
}

/**
 * `name{row}_{output} += weights X`.
 *
 * @param x WGSL for a quad of X, of `row` in the tile and `at`, its quad along the output.
 * @param count WGSL for the rows that X has in this tile. Uniform.
 */
export function weigh(
  name: string,
  x: string,
  count: string,
  outputs: number,
  tile: Tile,
  storage: Storage,
): string {
  const { rows } = tile;
  const width = outputs * side;
  const deep = depth(tile);
  return `
  for (var start = 0; start < ${count}; start += ${deep}) {
    workgroupBarrier();
    ${fill('stripB', deep, width, width, storage, x.replace('row', 'start + row').replace('at', 'quad'))}
    workgroupBarrier();
    for (var k = 0; k < ${deep} + uniforms.zero; k += 4) {
    ${each(rows, (i) => `let w${i} = ${read(`weights[(ty * ${rows} + ${i}) * ${padded(tileColumns(tile) / 4)} + (start + k) / 4]`, storage)};`)}
    ${each(
      4,
      (c) => `{
    ${each(outputs, (j) => `let x${j} = ${read(`stripB[(k + ${c}) * ${width} + tx + ${j * side}]`, storage)};`)}
    ${each(rows, (i) => each(outputs, (j) => `${name}${i}_${j} += w${i}[${c}] * x${j};`))}
    }`,
    )}
    }
  }`;
}
