/**
 * The product for few rows (a decoding step, a matrix times a vector): every weight is read once and there is
 * nothing to share, so each output is summed by several invocations, each over its own slice of k, and the slices
 * are added in order.
 */
import { loadFunction, type Width } from './load.wgsl.ts';

/** Invocations along the columns, four columns each, and along k. */
const lanes = 8;
const slices = 16;
export const skinnyInvocations = lanes * slices;
export const skinnyColumns = lanes * 4;
/** Limited by the workgroup memory every device has: 128 invocations x 8 rows x 16 bytes. */
export const skinnyRows = 8;

/** Elements k..k+3 of a row of `a`, 0 past the end. */
function fourOfA(rows: number, aInner: boolean, aWidth: Width): string {
  if (aInner) return loadFunction('A', `${rows}`, 'uniforms.inner', aWidth);
  const part = (i: number) => `select(0.0, A[start + (k + ${i}) * ${rows} + row], k + ${i} < uniforms.inner)`;
  return `
fn loadA(start : i32, row : i32, k : i32) -> vec4<f32> {
  return vec4<f32>(${[0, 1, 2, 3].map(part).join(', ')});
}`;
}

export function skinnyFunctions(
  rows: number,
  aInner: boolean,
  bInner: boolean,
  aWidth: Width,
  bWidth: Width,
): string {
  const each = (make: (row: number) => string) =>
    Array.from({ length: rows }, (_, row) => make(row)).join('\n    ');
  const oneOfA = (row: number) =>
    aInner ? `A[aStart + ${row} * uniforms.inner + k]` : `A[aStart + k * ${rows} + ${row}]`;
  const step = bInner ? 4 : 1;
  const add = bInner
    ? `
    ${[0, 1, 2, 3].map((i) => `let b${i} = loadB(bStart, column + ${i}, k);`).join('\n    ')}
    ${each((row) => `let a${row} = loadA(aStart, ${row}, k);`)}
    ${each((row) => `sum${row} += vec4<f32>(${[0, 1, 2, 3].map((i) => `dot(a${row}, b${i})`).join(', ')});`)}`
    : `
    let b = loadB(bStart, k, column);
    ${each((row) => `sum${row} += ${oneOfA(row)} * b;`)}`;
  return `
${bInner ? fourOfA(rows, aInner, aWidth) : ''}
${loadFunction('B', bInner ? 'uniforms.columns' : 'uniforms.inner', bInner ? 'uniforms.inner' : 'uniforms.columns', bWidth)}
// [slice][row][lane]
var<workgroup> partial : array<vec4<f32>, ${skinnyInvocations * rows}>;
fn main(index : i32) {
  let group = groupIndex();
  let matrix = group / uniforms.columnTiles;
  let at = batchAt(matrix);
  let aStart = dot(at, uniforms.aStep) * uniforms.rows * uniforms.inner;
  let bStart = dot(at, uniforms.bStep) * uniforms.columns * uniforms.inner;
  let local = i32(localIndex);
  // Neighbouring invocations read neighbouring addresses.
  let lane = ${bInner ? `local / ${slices}` : `local % ${lanes}`};
  let slice = ${bInner ? `local % ${slices}` : `local / ${lanes}`};
  let firstColumn = (group % uniforms.columnTiles) * ${skinnyColumns};
  let column = firstColumn + lane * 4;
  ${each((row) => `var sum${row} = vec4<f32>();`)}
  for (var k = slice * ${step}; k < uniforms.inner; k += ${slices * step}) {${add}
  }
  ${each((row) => `partial[(slice * ${rows} + ${row}) * ${lanes} + lane] = sum${row};`)}
  workgroupBarrier();
  if (local < ${rows * lanes}) {
    var sum = vec4<f32>();
    for (var i = local; i < ${skinnyInvocations * rows}; i += ${rows * lanes}) { sum += partial[i]; }
    let row = local / ${lanes};
    let column = firstColumn + (local % ${lanes}) * 4;
    let value = finish(sum, at, row, column);
    let first = matrix * uniforms.rows * uniforms.columns + row * uniforms.rowStep;
    for (var i = 0; i < min(4, uniforms.columns - column); i += 1) {
      result[first + (column + i) * uniforms.columnStep] = value[i];
    }
  }
}`;
}
