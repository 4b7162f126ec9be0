/**
 * The counter-based generator behind every random number of a run: Philox4x32-10 (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number is a pure function of (seed, site, step, index):
 * nothing is carried from one draw to the next, so that any device can make any part of a stream, in any order.
 * 32-bit integer arithmetic only, the same bits everywhere. The shading-language twin stands at the end.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit numbers, by halves of 16 bits, in 32-bit integers throughout. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = ((middle & 0xffff) + Math.imul(aLow, bHigh)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * One block: ten rounds over a counter of four words under a key of two.
 *
 * @param out Receives the four words; may be the counter itself.
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: readonly [number, number],
  out: Uint32Array,
): Uint32Array {
  let x0 = counter[0]! | 0;
  let x1 = counter[1]! | 0;
  let x2 = counter[2]! | 0;
  let x3 = counter[3]! | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(M0, x0);
    const low0 = Math.imul(M0, x0);
    const high1 = highProduct(M1, x2);
    const low1 = Math.imul(M1, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
  return out;
}

/** A stream of numbers: element `index` is a word of the block with counter (index / 4, 0, step, hash of site). */
export interface RandomStream {
  /** A whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** What the numbers are for; streams of different sites are unrelated. */
  readonly site: string;
  /** Counts up over a run: the training step, the position of a generated token. */
  readonly step: number;
}

/** FNV-1a over the UTF-16 units of a name. */
function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The key and the last two words of the counter, as any implementation needs them. */
export interface PhiloxStream {
  readonly key: readonly [number, number];
  readonly step: number;
  readonly site: number;
}

/** @throws RangeError for a seed or a step that is not a whole number in range. */
export function philoxStream({ seed, site, step }: RandomStream): PhiloxStream {
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new RangeError(
      `The seed of a random stream must be a whole number from 0 to 2^53 - 1, got ${seed}.`,
    );
  if (!(Number.isInteger(step) && step >= 0 && step < 2 ** 32))
    throw new RangeError(`The step of a random stream must be a whole number below 2^32, got ${step}.`);
  return { key: [seed >>> 0, Math.floor(seed / 2 ** 32)], step, site: hashName(site) };
}

/** Reads a stream word by word; neighbours share a block, so reading in order costs a quarter. */
export function philoxReader(stream: RandomStream): (index: number) => number {
  const { key, step, site } = philoxStream(stream);
  const counter = Uint32Array.of(0, 0, step, site);
  const words = new Uint32Array(4);
  let current = -1;
  return (index) => {
    const block = Math.floor(index / 4);
    if (block !== current) {
      counter[0] = block;
      counter[1] = Math.floor(block / 2 ** 32);
      philox4x32(counter, key, words);
      current = block;
    }
    return words[index % 4]!;
  };
}

/** Words `first` to `first + out.length - 1` of a stream. */
export function philoxFill(stream: RandomStream, first: number, out: Uint32Array): void {
  const { key, step, site } = philoxStream(stream);
  const counter = Uint32Array.of(0, 0, step, site);
  const words = new Uint32Array(4);
  for (let at = -(first % 4); at < out.length; at += 4) {
    const block = (first + at) / 4;
    counter[0] = block;
    counter[1] = Math.floor(block / 2 ** 32);
    philox4x32(counter, key, words);
    for (let lane = Math.max(0, -at); lane < 4 && at + lane < out.length; lane++)
      out[at + lane] = words[lane]!;
  }
}

/** Number `index` of a stream, uniform in [0, 1), with all 53 bits of a float64. It takes words 2 index and 2 index + 1. */
export function uniform(stream: RandomStream, index: number): number {
  const word = philoxReader(stream);
  // 27 and 26 bits, as Python's random() puts them together.
  return ((word(2 * index) >>> 5) * 67108864 + (word(2 * index + 1) >>> 6)) / 9007199254740992;
}

// Philox4x32-10 in WGSL, bit for bit the one of philox.ts. WGSL has no 64-bit product, so it is made of halves.

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
