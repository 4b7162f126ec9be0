/**
 * Which tiles need no visit, and which need no mask: decided from causality and window alone. Tiles are left out
 * only where blocked pairs take part in nothing (`skip`): elsewhere a row without a key, a finite fill or a
 * 0 * NaN is seen in them.
 */

/** `keyRange(first, last)`: the keys that queries first..last may see, as [from, to). */
export const keyRange = `
fn keyRange(first : i32, last : i32) -> vec2<i32> {
  var range = vec2<i32>(0, uniforms.keys);
  if (uniforms.skip == 1) {
    if (uniforms.causal == 1) { range.y = min(range.y, last + uniforms.offset + 1); }
    if (uniforms.window > 0) { range.x = max(range.x, first + uniforms.offset - uniforms.window + 1); }
  }
  return range;
}`;

/** `queryRange(first, last)`: the queries that may see one of the keys first..last, as [from, to). */
export const queryRange = `
fn queryRange(first : i32, last : i32) -> vec2<i32> {
  var range = vec2<i32>(0, uniforms.queries);
  if (uniforms.skip == 1) {
    if (uniforms.causal == 1) { range.x = max(range.x, first - uniforms.offset); }
    if (uniforms.window > 0) { range.y = min(range.y, last + uniforms.window - uniforms.offset); }
  }
  return range;
}`;

/** `isOpen(...)`: every pair of these queries and keys is allowed by position, and none lies outside. */
export const isOpen = `
fn isOpen(firstQuery : i32, lastQuery : i32, firstKey : i32, lastKey : i32) -> bool {
  if (uniforms.explicitKind != 0 || uniforms.padded == 1) { return false; }
  if (lastQuery >= uniforms.queries || lastKey >= uniforms.keys) { return false; }
  if (uniforms.causal == 1 && lastKey > firstQuery + uniforms.offset) { return false; }
  return uniforms.window == 0 || firstKey > lastQuery + uniforms.offset - uniforms.window;
}`;
