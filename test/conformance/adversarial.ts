/** Arrays that trip counters of non-finite values, given by bits, and a count of them that is too plain to be wrong. */

export interface PlainCount {
  nan: number;
  posInf: number;
  negInf: number;
  firstNaN: number;
  firstInf: number;
  zero: number;
  subnormal: number;
}

/** One element at a time, no tricks. -1 for an index means none. */
export function plainCount(bits: Uint32Array): PlainCount {
  const count = { nan: 0, posInf: 0, negInf: 0, firstNaN: -1, firstInf: -1, zero: 0, subnormal: 0 };
  bits.forEach((word, index) => {
    const exponent = (word >>> 23) & 0xff;
    const mantissa = word & 0x7fffff;
    if (exponent === 255 && mantissa !== 0) {
      count.nan++;
      if (count.firstNaN < 0) count.firstNaN = index;
    } else if (exponent === 255) {
      if (word >>> 31) count.negInf++;
      else count.posInf++;
      if (count.firstInf < 0) count.firstInf = index;
    } else if (exponent === 0) {
      if (mantissa === 0) count.zero++;
      else count.subnormal++;
    }
  });
  return count;
}

const special = [
  0x7f800001, 0xff800001, 0x7fc00000, 0xffc00000, 0x7fffffff, 0xffffffff, 0x7f800000, 0xff800000, 0x7f7fffff,
  0xff7fffff, 0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x3f800000, 0xbf800000,
] as const;

/** A small generator with a fixed seed, so that a failure can be run again. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

export interface AdversarialCase {
  readonly name: string;
  readonly bits: Uint32Array<ArrayBuffer>;
}

export const adversarialCases: readonly AdversarialCase[] = [
  ...[1, 63, 64, 65, 2049, 1_000_003].flatMap((size) => {
    const next = sequence(size);
    const ordinary = Uint32Array.from({ length: size }, () => 0x3f000000 | (next() >>> 9));
    const last = ordinary.slice();
    last[size - 1] = 0xff800001;
    return [
      { name: `${size} finite`, bits: ordinary },
      { name: `${size} with a negative signalling NaN at the end`, bits: last },
      {
        name: `${size} special values`,
        bits: Uint32Array.from({ length: size }, () => special[next() % special.length]!),
      },
    ];
  }),
  { name: 'all NaN', bits: new Uint32Array(70_000).fill(0x7fc00000) },
  { name: 'all -inf', bits: new Uint32Array(70_000).fill(0xff800000) },
  { name: 'largest finite values, whose sum overflows', bits: new Uint32Array(70_000).fill(0x7f7fffff) },
];
