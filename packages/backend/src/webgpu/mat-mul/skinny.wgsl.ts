/**
 * The product for few rows (a decoding step, a matrix times a vector): every weight is read once and there is
 * nothing to share, so each output is summed by several invocations, each over its own slice of k, and the slices
 * are added in a fixed tree.
 */
import { loadFunction, type Width } from './load.wgsl.ts';

/** Invocations along the columns, four columns each, and along k. */
const lanes = 8;
const slices = 16;
export const skinnyInvocations = lanes * slices;
export const skinnyColumns = lanes * 4;
/** Limited by the workgroup memory every device has: 128 invocations x 8 rows x 16 bytes. */
export const skinnyRows = 8;

export function skinnyFunctions(
  rows: number,
  aInner: boolean,
  bInner: boolean,
  aWidth: Width,
  bWidth: Width,
): string {
  const each = (make: (row: number) => string) =>
    Array.from({ length: rows }, (_, row) => make(row)).join('\n    ');
  const aAt = (row: number, k: string) =>
    aInner ? `A[Astart + ${row} * uniforms.inner + ${k}]` : `A[Astart + (${k}) * ${rows} + ${row}]`;
  const guardedA = (row: number) =>
    aInner && aWidth === 4
      ? `A[(Astart + ${row} * uniforms.inner + k) / 4]`
      : `vec4<f32>(${[0, 1, 2, 3].map((i) => `a${row}_${i}`).join(', ')})`;
  const scalarsOfA =
    aInner && aWidth === 4
      ? ''
      : each((row) =>
          [0, 1, 2, 3]
            .map(
              (i) =>
                `var a${row}_${i} = 0.0; if (k + ${i} < uniforms.inner) { a${row}_${i} = ${aAt(row, `k + ${i}`)}; }`,
            )
            .join('\n    '),
        );
  const body = bInner
    ? `
    ${[0, 1, 2, 3].map((i) => `let b${i} = loadB(Bstart, column + ${i}, k);`).join('\n    ')}
    ${scalarsOfA}
    ${each((row) => `{ let a = ${guardedA(row)}; sum${row} += vec4<f32>(dot(a, b0), dot(a, b1), dot(a, b2), dot(a, b3)); }`)}`
    : `
    let b = loadB(Bstart, k, column);
    ${each((row) => `sum${row} += ${aAt(row, 'k')} * b;`)}`;
  const step = bInner ? 4 : 1;
  const tree: string[] = [];
  for (let half = slices / 2; half >= 1; half /= 2) {
    tree.push(`
  if (slice < ${half}) {
    ${each((row) => `partial[mine + ${row}] += partial[mine + ${half * lanes * rows} + ${row}];`)}
  }
  workgroupBarrier();`);
  }
  return `
${loadFunction('B', bInner ? 'uniforms.columns' : 'uniforms.inner', bInner ? 'uniforms.inner' : 'uniforms.columns', bWidth)}
var<workgroup> partial : array<vec4<f32>, ${skinnyInvocations * rows}>;
fn main(index : i32) {
  let group = groupIndex();
  let matrix = group / uniforms.columnTiles;
  let at = batchAt(matrix);
  let Astart = dot(at, uniforms.aStep) * uniforms.rows * uniforms.inner;
  let Bstart = dot(at, uniforms.bStep) * uniforms.columns * uniforms.inner;
  let local = i32(localIndex);
  // Neighbouring invocations read neighbouring addresses.
  let lane = ${bInner ? `local / ${slices}` : `local % ${lanes}`};
  let slice = ${bInner ? `local % ${slices}` : `local / ${lanes}`};
  let column = (group % uniforms.columnTiles) * ${skinnyColumns} + lane * 4;
  ${each((row) => `var sum${row} = vec4<f32>();`)}
  for (var k = slice * ${step}; k < uniforms.inner; k += ${slices * step}) {${body}
  }
  let mine = (slice * ${lanes} + lane) * ${rows};
  ${each((row) => `partial[mine + ${row}] = sum${row};`)}
  workgroupBarrier();
  ${tree.join('')}
  if (slice == 0) {
    let out = matrix * uniforms.rows * uniforms.columns;
    ${each((row) =>
      [0, 1, 2, 3]
        .map(
          (i) => `if (column + ${i} < uniforms.columns) {
      result[out + ${row} * uniforms.rowStep + (column + ${i}) * uniforms.columnStep] = finish(partial[mine + ${row}][${i}], at, ${row}, column + ${i});
    }`,
        )
        .join('\n    '),
    )}
  }
}`;
}
