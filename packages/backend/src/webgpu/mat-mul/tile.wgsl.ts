/**
 * The product for matrices of some size: each workgroup makes a tile of the output from strips of both operands
 * in workgroup memory, each invocation a block of it in registers. The sum over k runs in order of k.
 */

// Reading an operand. Whatever lies outside its own matrix is 0 by selection, never by a product: the next matrix
// of the batch may hold a NaN, and 0 * NaN is NaN.

/** How an operand's buffer is bound: as vec4 when every run of its contiguous dimension is whole vec4s. */
export type Width = 1 | 4;

/**
 * `fn loadX(start, line, along)`: `width` elements from `along` on of line `line`, where `start` is the first
 * element of the matrix. An address behind the buffer is moved into it by WebGPU; what it reads is not selected.
 *
 * @param innerContiguous whether the lines run along the summed dimension
 * @param outer WGSL expression for the size of the other dimension
 */
export function loadFunction(
  buffer: 'A' | 'B',
  innerContiguous: boolean,
  outer: string,
  width: Width,
): string {
  const [lines, length] = innerContiguous ? [outer, 'uniforms.inner'] : ['uniforms.inner', outer];
  const type = width === 4 ? 'vec4<f32>' : 'f32';
  const place = width === 4 ? 'at / 4' : 'at';
  return `
fn load${buffer}(start : i32, line : i32, along : i32) -> ${type} {
  let at = start + line * ${length} + along;
  return select(${type}(), ${buffer}[${place}], line < ${lines} && along < ${length});
}`;
}

// A strip of one operand in workgroup memory, [inner][length], from which every invocation of a tile reads. Filled
// in blocks of 4 x 4 where the operand is bound as vec4, else element by element: unrolled code that guards
// each element by itself takes a software device seconds to compile.

export interface Strip {
  readonly buffer: 'A' | 'B';
  /** Rows of `a`, columns of `b`. */
  readonly length: number;
  readonly inner: number;
  readonly innerContiguous: boolean;
  readonly width: Width;
}

function declareStrip({ buffer, length, inner, width }: Strip): string {
  const [type, count] = width === 4 ? ['vec4<f32>', (inner * length) / 4] : ['f32', inner * length];
  return `var<workgroup> strip${buffer} : array<${type}, ${count}>;`;
}

/**
 * @param origin WGSL name of the strip's first row or column in the matrix
 * @param invocations of the workgroup, all of which take part
 */
function fillStrip(strip: Strip, origin: string, invocations: number): string {
  const { buffer, length, inner, innerContiguous, width } = strip;
  const [across, down] = [length / width, inner / width];
  const load = (i: number) =>
    innerContiguous
      ? `load${buffer}(start${buffer}, ${origin} + outer + ${i}, k0 + inner)`
      : `load${buffer}(start${buffer}, k0 + inner + ${i}, ${origin} + outer)`;
  // Neighbouring invocations read neighbouring addresses.
  const [outerAt, innerAt] = innerContiguous
    ? [`i / ${down}`, `i % ${down}`]
    : [`i % ${across}`, `i / ${across}`];
  const block = ['x', 'y', 'z', 'w'].map((part, i) =>
    innerContiguous ? `vec4<f32>(v0.${part}, v1.${part}, v2.${part}, v3.${part})` : `v${i}`,
  );
  const body =
    width === 1
      ? `stripX[inner * ${across} + outer] = ${load(0)};`
      : `${[0, 1, 2, 3].map((i) => `let v${i} = ${load(i)};`).join('\n      ')}
      ${block.map((value, i) => `stripX[(inner + ${i}) * ${across} + outer / 4] = ${value};`).join('\n      ')}`;
  return `
    for (var i = i32(localIndex); i < ${across * down}; i += ${invocations}) {
      let outer = (${outerAt}) * ${width};
      let inner = (${innerAt}) * ${width};
      ${body.replaceAll('stripX', `strip${buffer}`)}
    }`;
}

/** WGSL expression for four neighbours of step `k`, the `quad`-th four of the strip. */
function readStrip({ buffer, length, width }: Strip, quad: string): string {
  if (width === 4) return `strip${buffer}[k * ${length / 4} + ${quad}]`;
  const first = `k * ${length} + (${quad}) * 4`;
  return `vec4<f32>(${[0, 1, 2, 3].map((i) => `strip${buffer}[${first} + ${i}]`).join(', ')})`;
}

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

// What happens to finished sums before they are stored: bias, then activation, four columns at a time. A NaN is
// passed on by its bits, so that no activation can turn it into a number.

/** WGSL expressions of the sums `x`; `weight` is prelu's, `uniforms.alpha` leakyrelu's. All are vec4<f32>. */
const activations = {
  linear: 'x',
  relu: 'select(zero, x, x > zero)',
  relu6: 'clamp(x, zero, vec4<f32>(6.0))',
  elu: 'select(exp(x) - 1.0, x, x >= zero)',
  prelu: 'select(weight * x, x, x >= zero)',
  leakyrelu: 'select(uniforms.alpha * x, x, x >= zero)',
  sigmoid: '1.0 / (1.0 + exp(-x))',
} as const;

export type Activation = keyof typeof activations;

/** @throws when tfjs has an activation that is not known here. */
export function activationNamed(name: unknown): Activation {
  if (name === null || name === undefined) return 'linear';
  if (typeof name === 'string' && name in activations) return name as Activation;
  throw new Error(`matMul: the activation ${String(name)} has no WebGPU implementation.`);
}

const declare = (name: string) => `${name}Step : vec4<i32>, ${name}Row : i32, ${name}Column : i32, `;

/** In the order in which `uniformData` passes them. */
export const finishUniforms = `${declare('bias')}${declare('weight')}alpha : f32, `;

/** Past the last column this reads what is not used: WGSL keeps it inside the buffer. */
function read(buffer: string, name: string): string {
  const first = `dot(at, uniforms.${name}Step) + row * uniforms.${name}Row`;
  const four = [0, 1, 2, 3].map((i) => `${buffer}[first + (column + ${i}) * uniforms.${name}Column]`);
  return `fn ${name}At(at : vec4<i32>, row : i32, column : i32) -> vec4<f32> {
  let first = ${first};
  return vec4<f32>(${four.join(', ')});
}`;
}

/** `fn finish(sum, at, row, column)`: columns column..column+3, where `at` is the place along the batch axes. */
export function finishFunction(hasBias: boolean, activation: Activation): string {
  const prelu = activation === 'prelu';
  return `
${hasBias ? read('Bias', 'bias') : ''}
${prelu ? read('Weight', 'weight') : ''}
fn finish(sum : vec4<f32>, at : vec4<i32>, row : i32, column : i32) -> vec4<f32> {
  let x = sum${hasBias ? ' + biasAt(at, row, column)' : ''};
  ${activation === 'linear' ? 'return x;' : finishActivation(activation, prelu)}
}`;
}

function finishActivation(activation: Activation, prelu: boolean): string {
  return `let zero = vec4<f32>();
  ${prelu ? 'let weight = weightAt(at, row, column);' : ''}
  let nan = (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
  return select(${activations[activation]}, x, nan);`;
}
