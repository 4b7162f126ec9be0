/** Philox4x32-10 in WGSL, bit for bit the one of philox.ts. WGSL has no 64-bit product, so it is made of halves. */

/** Defines `philoxWord(index, key, step, site) -> u32`, the word `philoxReader` gives for that index below 2^32. */
export const philoxWgsl = /* wgsl */ `
fn philoxHigh(a : u32, b : u32) -> u32 {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let middle = aHigh * bLow + ((aLow * bLow) >> 16u);
  let carry = (middle & 0xffffu) + aLow * bHigh;
  return aHigh * bHigh + (middle >> 16u) + (carry >> 16u);
}
fn philoxWord(index : u32, key : vec2<u32>, step : u32, site : u32) -> u32 {
  var x = vec4<u32>(index >> 2u, 0u, step, site);
  var k = key;
  for (var round = 0; round < 10; round++) {
    x = vec4<u32>(
      philoxHigh(0xcd9e8d57u, x.z) ^ x.y ^ k.x,
      0xcd9e8d57u * x.z,
      philoxHigh(0xd2511f53u, x.x) ^ x.w ^ k.y,
      0xd2511f53u * x.x,
    );
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  let lane = index & 3u;
  return select(select(x.x, x.y, lane == 1u), select(x.z, x.w, lane == 3u), lane > 1u);
}`;
