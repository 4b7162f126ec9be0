/** IEEE 754's pow in WGSL, whose own is undefined for a negative base and free to do anything with infinities. */

/** `fn powIeee(a, b)`; needs `isNaNBits`. Special cases by bits, everything else by WGSL's pow of |a|. */
export const powIeee = `
fn powIeee(a : f32, b : f32) -> f32 {
  let aBits = bitcast<u32>(a);
  let bBits = bitcast<u32>(b);
  let aSize = aBits & 0x7fffffffu;
  let bSize = bBits & 0x7fffffffu;
  if (bSize == 0u || aBits == 0x3f800000u) { return 1.0; }
  if (isNaNBits(a)) { return a; }
  if (isNaNBits(b)) { return b; }
  let aNegative = (aBits >> 31u) == 1u;
  let bNegative = (bBits >> 31u) == 1u;
  if (bSize == 0x7f800000u) {
    if (aSize == 0x3f800000u) { return 1.0; }
    return select(0.0, uniforms.INFINITY, (aSize > 0x3f800000u) != bNegative);
  }
  // Every f32 at or above 2^24 is an even integer.
  let whole = bSize >= 0x4b800000u || floor(b) == b;
  let odd = bSize < 0x4b800000u && whole && (i32(abs(b)) & 1) == 1;
  var size = 0.0;
  if (aSize == 0u) {
    size = select(0.0, uniforms.INFINITY, bNegative);
  } else if (aSize == 0x7f800000u) {
    size = select(uniforms.INFINITY, 0.0, bNegative);
  } else {
    if (aNegative && !whole) { return uniforms.NAN; }
    size = pow(abs(a), b);
  }
  return select(size, -size, aNegative && odd);
}
`;
