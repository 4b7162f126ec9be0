/** WGSL for what float comparisons cannot be trusted with: NaN, infinities and rounding to half, all by bits. */

import { side, type Tile, tileRows } from './problem.ts';
import { loop } from './product.wgsl.ts';

/** Integer comparisons only: a driver may assume that NaN and infinities do not occur. */
export const bitTests = `
fn notFinite(x : vec4<f32>) -> vec4<bool> {
  return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7f800000u)) == vec4<u32>(0x7f800000u);
}
fn isMinusInfinity(x : vec4<f32>) -> vec4<bool> {
  return bitcast<vec4<u32>>(x) == vec4<u32>(0xff800000u);
}
fn isNaN(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
// WGSL's max may drop a NaN.
fn larger(a : f32, b : f32) -> f32 {
  if (isNaN(a)) { return a; }
  if (isNaN(b)) { return b; }
  return max(a, b);
}
// A row that has met only -inf has no maximum to subtract: 0 stands in, and its exponentials are 0.
fn subtrahend(maximum : f32) -> f32 {
  return select(maximum, 0.0, bitcast<u32>(maximum) == 0xff800000u);
}`;

/**
 * `rounded(x)`: to the nearest half, ties to even, overflow to infinity; or x itself. `roundedScore(x)`: the same where
 * the policy rounds scores. `scoreOf(product)`: a score from the product of q and k. Needs the uniforms.
 */
export const rounding = (half: boolean) => `${roundingTo(half)}
fn roundedScore(x : vec4<f32>) -> vec4<f32> {
  if (uniforms.roundsScores == 0) { return x; }
  return rounded(x);
}
fn scoreOf(product : vec4<f32>) -> vec4<f32> {
  return roundedScore(roundedScore(product) * uniforms.productScale);
}`;

const roundingTo = (half: boolean) =>
  half
    ? `
fn rounded(x : vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  let sign = bits & vec4<u32>(0x80000000u);
  let magnitude = bits & vec4<u32>(0x7fffffffu);
  let odd = (magnitude >> vec4<u32>(13u)) & vec4<u32>(1u);
  let normal = (magnitude + vec4<u32>(0xfffu) + odd) & vec4<u32>(0xffffe000u);
  // Below 2^-14 halves are multiples of 2^-24.
  let shift = clamp(vec4<u32>(126u) - (magnitude >> vec4<u32>(23u)), vec4<u32>(1u), vec4<u32>(25u));
  let mantissa = (magnitude & vec4<u32>(0x7fffffu)) | vec4<u32>(0x800000u);
  let tie = (mantissa >> shift) & vec4<u32>(1u);
  let units = (mantissa + (vec4<u32>(1u) << (shift - vec4<u32>(1u))) - vec4<u32>(1u) + tie) >> shift;
  let tiny = bitcast<vec4<u32>>(vec4<f32>(units) * 5.9604644775390625e-8);
  let small = select(tiny, vec4<u32>(0u), magnitude < vec4<u32>(0x33000000u));
  var result = select(normal, small, magnitude < vec4<u32>(0x38800000u));
  result = select(result, vec4<u32>(0x7f800000u), magnitude >= vec4<u32>(0x477ff000u));
  result = select(result, magnitude, magnitude >= vec4<u32>(0x7f800000u));
  return bitcast<vec4<f32>>(sign | result);
}`
    : `
fn rounded(x : vec4<f32>) -> vec4<f32> { return x; }`;

// Largest and sum over the 8 invocations that share a row, in a fixed order. With subgroups they exchange registers;
// without, they meet in workgroup memory.

type Combine = (a: string, b: string) => string;

export const declareReduce = (tile: Tile, subgroups: boolean) =>
  subgroups ? '' : `var<workgroup> partial : array<f32, ${tileRows(tile) * side}>;`;

/** `name[row]` becomes, in all 8, what `combine(a, b)` makes of the 8. */
export function reduceRows(name: string, combine: Combine, { rows }: Tile, subgroups: boolean): string {
  if (subgroups) {
    const steps = [1, 2, 4].map((step) => `x = ${combine('x', `subgroupShuffleXor(x, ${step}u)`)};`);
    return loop('i', rows, `var x = ${name}[i]; ${steps.join(' ')} ${name}[i] = x;`);
  }
  const at = (n: number) => `partial[(ty * ${rows} + i) * ${side} + ${n}]`;
  // The order of the exchange by registers: neighbours, then pairs, then fours.
  const pair = (n: number) => combine(at(n), at(n + 1));
  const four = (n: number) => combine(pair(n), pair(n + 2));
  return `
    workgroupBarrier();
    ${loop('i', rows, `partial[(ty * ${rows} + i) * ${side} + tx] = ${name}[i];`)}
    workgroupBarrier();
    ${loop('i', rows, `${name}[i] = ${combine(four(0), four(4))};`)}`;
}
