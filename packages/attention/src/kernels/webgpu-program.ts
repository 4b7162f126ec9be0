/** How an elementwise WGSL program of this package is laid over its elements. */

/** The part of tfjs's program interface that only follows from the output's shape: one thread an element. */
export function elementwise(shape: readonly number[]) {
  const workgroup = 64;
  const size = shape.reduce((product, n) => product * n, 1);
  return {
    outputShape: [...shape],
    workgroupSize: [workgroup, 1, 1] as [number, number, number],
    dispatchLayout: { x: shape.map((_, d) => d) },
    // tfjs folds a dispatch beyond the device's limit into two dimensions by itself.
    dispatch: [Math.ceil(size / workgroup), 1, 1] as [number, number, number],
    size: true,
  };
}
