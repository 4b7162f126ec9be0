/** What float32 may give for an element of RMSNorm and of rotary positions: the right number, and none that is wrong. */
import { describe, expect, it } from 'vitest';
import type { CapturedInput } from '../../capture/attrs.ts';
import { expectedElement } from './index.ts';

const wave = (size: number, step: number) =>
  Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(1 + i * step));

const input = (name: string, shape: readonly number[], values: Float32Array): CapturedInput => ({
  name,
  shape,
  dtype: 'float32',
  values,
  from: { external: name },
});

type Op = Parameters<typeof expectedElement>[0];

/** Whether each value may be that element. */
function allows(op: Op, shape: readonly number[], output: number, index: number, values: number[]) {
  const { low, high, nan } = expectedElement(op, [{ shape }, { shape: [shape[0]!] }], output, index)!;
  return values.map((value) => (Number.isNaN(value) ? nan : low <= value && value <= high));
}

const [N, C] = [3, 8];

describe.each([0, 1])('RmsNorm with offset %i', (offset) => {
  const scale = wave(C, 0.9);
  const ofRows = (x: Float32Array): Op => ({
    kernel: 'RmsNorm',
    attrs: { epsilon: 1e-6, offset },
    inputs: [input('x', [N, C], x), input('scale', [C], scale)],
  });

  it('gives the formula in every element, its mean of squares, and nothing a thousandth away', () => {
    const x = wave(N * C, 0.7);
    for (let index = 0; index < N * C; index++) {
      const row = x.subarray(C * Math.floor(index / C), C * Math.floor(index / C) + C);
      const mean = row.reduce((sum, v) => sum + v * v, 0) / C;
      const y = (x[index]! / Math.sqrt(mean + 1e-6)) * (offset + scale[index % C]!);
      const seen = [y, y * 1.001, -y, Number.NaN, Number.POSITIVE_INFINITY];
      expect(allows(ofRows(x), [N, C], 0, index, seen)).toEqual([true, false, false, false, false]);
      const row0 = Math.floor(index / C);
      expect(allows(ofRows(x), [N, C], 1, row0, [mean, mean * 1.001])).toEqual([true, false]);
    }
  });

  it('may leave float32 where squares do, and has no number beside a NaN', () => {
    const x = wave(N * C, 0.7).map((v) => v * 1e20);
    expect(allows(ofRows(x), [N, C], 1, 0, [Number.POSITIVE_INFINITY, Number.NaN])).toEqual([true, false]);
    expect(allows(ofRows(x), [N, C], 0, 0, [0, Number.NaN])).toEqual([true, false]);
    x[3] = Number.NaN;
    expect(allows(ofRows(x), [N, C], 0, 0, [0, Number.NaN])).toEqual([false, true]);
  });
});

describe.each([false, true])('Rotary, back %s', (back) => {
  const shape = [2, 2, 3, 7];
  const x = wave(84, 0.3);
  const [cos, sin] = [Math.cos, Math.sin].map((of) => Float32Array.from({ length: 18 }, (_, i) => of(i + 1)));
  const op: Op = {
    kernel: 'Rotary',
    attrs: { back },
    inputs: [input('x', shape, x), input('cos', [2, 1, 3, 3], cos!), input('sin', [2, 1, 3, 3], sin!)],
  };

  it('gives the turned pairs and the number beyond them, and none of another angle or pair', () => {
    for (let index = 0; index < 84; index++) {
      const [b, t, place] = [Math.floor(index / 42), Math.floor(index / 7) % 3, index % 7];
      const at = (b * 3 + t) * 3 + (place % 3);
      const across = (place < 3 ? -1 : 1) * (back ? -1 : 1) * x[index + (place < 3 ? 3 : -3)]!;
      const y = place === 6 ? x[index]! : x[index]! * cos![at]! + across * sin![at]!;
      const wrong = [y + 0.01, Number.NaN, Number.POSITIVE_INFINITY];
      expect(allows(op, shape, 0, index, [Math.fround(y), ...wrong])).toEqual([true, false, false, false]);
    }
  });
});
