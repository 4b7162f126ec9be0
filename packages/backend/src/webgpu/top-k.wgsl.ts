/**
 * The indices of the k largest of each row by selection: k passes, one invocation per row. The backend's own
 * bitonic network compares floats, and a NaN makes it return an index past the end of the row.
 */

/** `fn orderKey(x)`: unsigned integers in the order of the floats, every NaN above +Infinity. Needs `isNaNBits`. */
export const orderKey = `
fn orderKey(x : f32) -> u32 {
  let bits = bitcast<u32>(x);
  if (isNaNBits(x)) { return 0xffffffffu; }
  // +0 and -0 are equal.
  if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
`;

/** One invocation per output element (row, rank): walks down the row's order to its rank. */
export const selectIndex = `
  let row = index / uniforms.k;
  let rank = index % uniforms.k;
  var lastKey = 0xffffffffu;
  var lastIndex = -1;
  for (var step = 0; step <= rank; step = step + 1) {
    var bestKey = 0u;
    var bestIndex = -1;
    for (var j = 0; j < uniforms.width; j = j + 1) {
      let key = orderKey(X[row * uniforms.width + j]);
      let after = key < lastKey || (key == lastKey && j > lastIndex);
      if (after && (bestIndex < 0 || key > bestKey)) {
        bestKey = key;
        bestIndex = j;
      }
    }
    lastKey = bestKey;
    lastIndex = bestIndex;
  }
  result[index] = lastIndex;
`;
