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
  ['numbers that float16 has no room for', [input(400, 2 ** 13), input(300, 2 ** 13)], true],
  ['one whose square it has none for', [input(400, 2 ** 13)], true],
  ['ordinary numbers in float16', [input(10, 2 ** 13), input(3, 2 ** 13)], undefined],
] as const)('of %s another class is permitted: %s', (_, inputs, permitted) => {
  expect(overflowPermitted({ inputs, outputs: [input(1)] })(place)).toBe(permitted);
});

it('float64 has room for what float32 has none for', () => {
  const wide = (largest: number): CapturedInput => ({
    ...input(1),
    ...{ dtype: 'float64', values: Float64Array.of(largest) },
  });
  const permitted = (largest: number, outputs: CapturedInput[]) =>
    overflowPermitted({ inputs: [wide(largest)], outputs })(place);
  expect([permitted(1e19, [wide(1)]), permitted(1e19, [input(1)]), permitted(1e160, [wide(1)])]).toEqual([
    undefined,
    true,
    true,
  ]);
});

it('in float16 a long sum may overflow, and what is made by several calls sooner than by one', () => {
  const row = (length: number): CapturedInput => ({
    ...input(1, 2 ** 13),
    values: new Float32Array(length).fill(8),
  });
  const permitted = (length: number, ops: readonly (readonly [string, string])[]) =>
    overflowPermitted({
      inputs: [row(length), row(length)],
      outputs: [input(1)].map((o) => ({ ...o, values: Float32Array.of(1) })),
      ops,
    })(place);
  const one = ['mm', ''] as const;
  expect([permitted(64, [one]), permitted(2000, [one]), permitted(64, [one, one])]).toEqual([
    undefined,
    true,
    true,
  ]);
});

it('two finite numbers are never excused', () => {
  expect(
    overflowPermitted({ inputs: [input(1e30)], outputs: [input(1)] })({ ...place, target: 2 }),
  ).toBeUndefined();
});
