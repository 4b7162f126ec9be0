/** The numbers of our own cases: fixed, and the same everywhere. */

/** Fixed float32 numbers, evenly spread over (-range/2, range/2). */
export function numbers(seed: number, size: number, range: number): Float32Array {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return Float32Array.from({ length: size }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 8) / 0x1000000 - 0.5) * range;
  });
}
