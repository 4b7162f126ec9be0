/**
 * Normal random numbers that are the same bits on every machine: element i of a stream is a pure function of
 * (seed, stream name, i). Only +, -, *, / and Math.sqrt are used, which IEEE 754 rounds exactly; Math.log and
 * Math.cos differ between JavaScript engines. Not for cryptography.
 */

/** A 32-bit mixing function (Chris Wellons' lowbias32): a bijection whose output bits all depend on all input bits. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}

/** FNV-1a over the UTF-16 units of a stream's name. */
function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h;
}

/** Natural logarithm of 0 < p <= 0.5 to double precision, by halving and the series of atanh. */
function logarithm(p: number): number {
  let x = p;
  let halvings = 0;
  while (x < 0.75) {
    x *= 2;
    halvings++;
  }
  const t = (x - 1) / (x + 1);
  const t2 = t * t;
  let sum = 0;
  for (let k = 27; k >= 1; k -= 2) sum = sum * t2 + 1 / k;
  return 2 * t * sum - halvings * Math.LN2;
}

/** Below this probability, and above 1 minus it, the quantile is computed by `tail`. */
const tailProbability = 0.02425;

/** The quantile for 0 < p < tailProbability. */
function tail(p: number): number {
  const q = Math.sqrt(-2 * logarithm(p));
  const numerator =
    ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
      q +
      4.374664141464968) *
      q +
    2.938163982698783;
  return (
    numerator /
    ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q +
      1)
  );
}

/**
 * The quantile function of the standard normal distribution for 0 < p < 1, relative error below 1.2e-9:
 * Peter Acklam's rational approximation.
 */
export function normalQuantile(p: number): number {
  if (p < tailProbability) return tail(p);
  if (p > 1 - tailProbability) return -tail(1 - p);
  const q = p - 0.5;
  const r = q * q;
  const numerator =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
    2.506628277459239;
  const denominator =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return (numerator * q) / denominator;
}

/**
 * `size` draws of N(0, deviation), as float32.
 *
 * @param stream Names the stream: two names give unrelated numbers under the same seed.
 */
export function normalValues(
  seed: number,
  stream: string,
  size: number,
  deviation: number,
): Float32Array<ArrayBuffer> {
  const first = mix(mix(seed) ^ hashName(stream));
  const second = mix(first ^ 0x9e3779b9);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const bits = mix(mix(i ^ first) + second) >>> 0;
    values[i] = deviation * normalQuantile((bits + 0.5) / 4294967296);
  }
  return values;
}
