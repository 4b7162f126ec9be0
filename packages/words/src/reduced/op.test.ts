import { expect, it } from 'vitest';
import { operandWords } from './op.ts';

it('numbers are written as short as their type allows', () => {
  const words = (dtype: 'float32' | 'float64', value: number) =>
    operandWords({ name: 'x', shape: [1], dtype, values: [value] });
  expect(words('float32', Math.fround(0.1))).toBe('float32 [1]: 0.1');
  expect(words('float64', Math.fround(0.1))).toBe('float64 [1]: 0.10000000149011612');
  expect(words('float64', 0.1)).toBe('float64 [1]: 0.1');
  expect(words('float64', -0)).toBe('float64 [1]: -0');
  expect(words('float32', -0)).toBe('float32 [1]: -0');
});
