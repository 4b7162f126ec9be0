import { describe, expect, it } from 'vitest';
import { countBits, hasNonFinite } from './bits.ts';

/** Float32 elements from bits, so that a signalling NaN keeps its payload. */
const fromBits = (...bits: number[]) => new Float32Array(Uint32Array.of(...bits).buffer);

const signallingNaN = 0x7f800001;
const negativeNaN = 0xffc00000;
const positiveInfinity = 0x7f800000;
const negativeInfinity = 0xff800000;
const largestFinite = 0x7f7fffff;
const minusZero = 0x80000000;
const smallestSubnormal = 1;

describe('countBits', () => {
  it('tells NaN of every payload and sign from infinities and from the largest finite value', () => {
    const values = fromBits(largestFinite, signallingNaN, negativeNaN, positiveInfinity, negativeInfinity);
    expect(countBits(values).health).toEqual({
      size: 5,
      nan: 2,
      posInf: 1,
      negInf: 1,
      firstNaN: 1,
      firstInf: 3,
    });
  });

  it.each([0, 1, 63, 64, 65, 1023, 1024, 1025, 1_000_003])('finds a last element of size %i', (size) => {
    const values = new Float32Array(size).fill(-1.5);
    expect(countBits(values).health).toEqual({ size, nan: 0, posInf: 0, negInf: 0 });
    expect(hasNonFinite(values)).toBe(false);
    if (size === 0) return;
    values[size - 1] = Number.NaN;
    expect(countBits(values).health).toMatchObject({ nan: 1, firstNaN: size - 1 });
    expect(hasNonFinite(values)).toBe(true);
  });

  it('counts in a view that does not start at the buffer, and changes nothing', () => {
    const whole = fromBits(signallingNaN, signallingNaN, 0, negativeInfinity);
    const before = new Uint32Array(whole.buffer.slice(0));
    expect(countBits(whole.subarray(2)).health).toMatchObject({ size: 2, nan: 0, negInf: 1, firstInf: 1 });
    expect(new Uint32Array(whole.buffer)).toEqual(before);
  });

  it('classes rows: NaN beats infinity', () => {
    const values = new Float32Array(8);
    values[2] = Number.POSITIVE_INFINITY;
    values[3] = Number.NaN;
    values[7] = Number.NEGATIVE_INFINITY;
    expect(countBits(values, { rowLength: 2 }).rows).toBe('.N.I');
  });

  it('at level full reports magnitudes of the finite elements only', () => {
    const values = fromBits(0, minusZero, smallestSubnormal, largestFinite, negativeInfinity, signallingNaN);
    const { health } = countBits(values, { full: true });
    expect(health).toMatchObject({ zero: 2, subnormal: 1, min: 0 });
    expect(health.amax).toBe(3.4028234663852886e38);
    expect(health.mean).toBeCloseTo(3.4028234663852886e38 / 4, -30);
    expect(countBits(fromBits(signallingNaN), { full: true }).health).not.toHaveProperty('amax');
  });
});
