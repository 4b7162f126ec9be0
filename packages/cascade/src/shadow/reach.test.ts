import { expect, it } from 'vitest';
import type { CapturedInput } from '../capture/attrs.ts';
import { overflowPermitted } from './reach.ts';

const input = (largest: number, steps?: number): CapturedInput => ({
  ...{ name: `x${largest}`, from: { external: 'x' }, shape: [2], dtype: 'float32' },
  ...{ values: Float32Array.of(largest, -1), ...(steps && { steps }) },
});
const place = { index: 0, target: Number.NaN, reference: 1 };

it.each([
  ['small numbers', [input(10), input(3)], undefined],
  ['numbers whose products overflow', [input(1e18), input(1e18)], true],
  ['one number whose square does', [input(1e19)], true],
  ['numbers that float16 has no room for', [input(40, 2 ** 13), input(3, 2 ** 13)], true],
] as const)('of %s another class is permitted: %s', (_, inputs, permitted) => {
  expect(overflowPermitted({ inputs })(place)).toBe(permitted);
});

it('two finite numbers are never excused', () => {
  expect(overflowPermitted({ inputs: [input(1e30)] })({ ...place, target: 2 })).toBeUndefined();
});
