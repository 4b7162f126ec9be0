/**
 * The product for few rows (a decoding step, a matrix times a vector): every weight is read once and there is
 * nothing to share, so each output is summed by several invocations, each over its own slice of k, and the slices
 * are added in order.
 */
import { loadFunction, type Width } from './tile.wgsl.ts';

/** Invocations along the columns, four columns each, and along k. */
const lanes = 8;
const slices = 16;
export const skinnyInvocations = lanes * slices;
export const skinnyColumns = lanes * 4;
/** Limited by the workgroup memory every device has: 128 invocations x 8 rows x 16 bytes. */
export const skinnyRows = 8;

interface Body {
  /** How far k goes per step. */
  readonly step: number;
  readonly code: string;
}

/** Adds one step of k, or four, to `sum0`, `sum1` .. one for each row. */
function body(rows: number, aInner: boolean, bInner: boolean, width: Width): Body {
  const each = (make: (row: number) => string) =>
    Array.from({ length: rows }, (_, row) => make(row)).join('\n    ');
  const four = (make: (i: number) => string) => [0, 1, 2, 3].map(make);
  if (bInner && width === 4) {
    const code = `
    ${four((i) => `let b${i} = loadB(startB, column + ${i}, k);`).join('\n    ')}
    ${each((row) => `let a${row} = A[(startA + ${row} * uniforms.inner + k) / 4];`)}
    ${each((row) => `sum${row} += vec4<f32>(${four((i) => `dot(a${row}, b${i})`).join(', ')});`)}`;
    return { step: 4, code };
  }
  const scalars = bInner
    ? four((i) => `loadB(startB, column + ${i}, k)`)
    : four((i) => `loadB(startB, k, column + ${i})`);
  const aAt = (row: number) =>
    aInner ? `A[startA + ${row} * uniforms.inner + k]` : `A[startA + k * ${rows} + ${row}]`;
  const code = `
    let b = ${width === 4 ? 'loadB(startB, k, column)' : `vec4<f32>(${scalars.join(', ')})`};
    ${each((row) => `sum${row} += ${aAt(row)} * b;`)}`;
  return { step: 1, code };
}

/** @param width of `b`, and of `a` too where both are contiguous along k; else `a` is bound as scalars */
export function skinnyFunctions(rows: number, aInner: boolean, bInner: boolean, width: Width): string {
  const each = (make: (row: number) => string) =>
    Array.from({ length: rows }, (_, row) => make(row)).join('\n  ');
  const { step, code } = body(rows, aInner, bInner, width);
  return `
${loadFunction('B', bInner, 'uniforms.columns', width)}
// [slice][row][lane]
var<workgroup> partial : array<vec4<f32>, ${skinnyInvocations * rows}>;
fn main(index : i32) {
  let group = groupIndex();
  let matrix = group / uniforms.columnTiles;
  let at = batchAt(matrix);
  let startA = dot(at, uniforms.aStep) * uniforms.rows * uniforms.inner;
  let startB = dot(at, uniforms.bStep) * uniforms.columns * uniforms.inner;
  let local = i32(localIndex);
  // Neighbouring invocations read neighbouring addresses.
  let lane = ${bInner ? `local / ${slices}` : `local % ${lanes}`};
  let slice = ${bInner ? `local % ${slices}` : `local / ${lanes}`};
  let firstColumn = (group % uniforms.columnTiles) * ${skinnyColumns};
  let column = firstColumn + lane * 4;
  ${each((row) => `var sum${row} = vec4<f32>();`)}
  for (var k = slice * ${step}; k < uniforms.inner; k += ${slices * step}) {${code}
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
