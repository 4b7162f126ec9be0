/**
 * How workgroups find their part of the product: one flat list of (matrix of the batch, tile), so that no
 * dimension of the dispatch passes WebGPU's limit, whatever the sizes.
 */
const limit = 65535;

export function groupDispatch(groups: number): [number, number, number] {
  return [Math.min(groups, limit), Math.ceil(groups / limit), 1];
}

export const groupUniforms = 'batch : vec4<i32>, aStep : vec4<i32>, bStep : vec4<i32>, groups : i32, ';

/**
 * `groupIndex()`: groups past the last one do the last one again, because an early return would make the barriers
 * non-uniform. `batchAt(matrix)`: the place of a matrix along the four batch axes.
 */
export const groupFunctions = `
fn groupIndex() -> i32 {
  return min(i32(workgroupId.x + workgroupId.y * ${limit}u), uniforms.groups - 1);
}
fn batchAt(matrix : i32) -> vec4<i32> {
  let size = uniforms.batch;
  return vec4<i32>(
    matrix / (size.y * size.z * size.w),
    (matrix / (size.z * size.w)) % size.y,
    (matrix / size.w) % size.z,
    matrix % size.w);
}`;
