/** Shared pieces of WGSL kernels that give each row of a matrix one workgroup. The kernels live beside their ops. */

/** WebGPU allows 65535 workgroups per dimension; more rows continue in y. */
const limit = 65535;

/**
 * Dispatch of one workgroup per row. The layout is flat over the output, which makes tfjs call `main(index)`;
 * these kernels find their row by `rowIndex` instead.
 */
export function rowDispatch(
  rows: number,
  outputRank: number,
): { dispatch: [number, number, number]; dispatchLayout: { x: number[] } } {
  return {
    dispatch: [Math.min(rows, limit), Math.ceil(rows / limit), 1],
    dispatchLayout: { x: Array.from({ length: outputRank }, (_, axis) => axis) },
  };
}

/**
 * WGSL expression for the row of this workgroup, for programs with a uniform `rows`. Groups past the last row
 * do the last one again: an early return would make the barriers of a reduction non-uniform.
 */
export const rowIndex = `min(i32(workgroupId.x + workgroupId.y * ${limit}u), uniforms.rows - 1)`;
