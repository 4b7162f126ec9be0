/** Sums over the threads of a workgroup in WGSL. */

/**
 * A WGSL function that adds one value per thread of a workgroup and gives every thread the sum. Safe to call
 * more than once: it ends with a barrier after the last read.
 */
export function sumOverWorkgroup(threads: number): string {
  return /* wgsl */ `
var<workgroup> partialSums : array<f32, ${threads}>;
fn sumOverWorkgroup(value : f32, thread : i32) -> f32 {
  partialSums[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    if (thread < half) { partialSums[thread] += partialSums[thread + half]; }
    workgroupBarrier();
  }
  let sum = partialSums[0];
  workgroupBarrier();
  return sum;
}`;
}
