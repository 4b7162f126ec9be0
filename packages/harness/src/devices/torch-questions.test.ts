import { expect, it } from 'vitest';
import { torchChecks, torchQuestions } from './torch-questions.ts';

const check = (id: string, ...values: number[]) =>
  torchChecks(['mps'], [{ id, device: 'mps', answer: { values } }]).find(({ name }) => name === id)!;

it('a NaN that is kept passes, and one that is lost does not', () => {
  expect(check('exp(NaN)', Number.NaN)).toMatchObject({ device: 'mps', result: 'nan', passed: true });
  expect(check('exp(NaN)', 1)).toMatchObject({ result: '1', expected: 'NaN', passed: false });
  expect(check('softmax of a row of -inf', Number.NaN, 0).passed).toBe(false);
});

it('of attention all numbers of the first query are looked at, and none of the second', () => {
  const check64 = (at: number, value: number) => {
    const values = new Array<number>(128).fill(0);
    values[at] = value;
    return check('sdpa, a row without a key', ...values);
  };
  expect(check64(64, Number.NaN)).toMatchObject({ result: '0', passed: true });
  expect(check64(63, Number.NaN)).toMatchObject({ result: '0, nan', passed: false });
  const spread = Array.from({ length: 64 }, (_, i) => i);
  expect(check('sdpa, a row without a key', ...spread).result).toBe('0, 1, 2');
});

it('what a device cannot do, or gives no answer to, is no pass, with its reason', () => {
  const refused = { id: 'relu(NaN)', device: 'cpu', refused: 'no kernel' };
  const failed = { id: 'exp(NaN)', device: 'cpu', failed: 'out of memory' };
  const stray = { id: 'unasked', device: 'cpu', answer: { values: [0] } };
  const checks = torchChecks(['cpu'], [refused, failed, stray]);
  expect(checks).toHaveLength(torchQuestions.length);
  const resultOf = (id: string) => checks.find(({ name }) => name === id)!.result;
  expect([resultOf('relu(NaN)'), resultOf('exp(NaN)'), resultOf('0 * inf')]).toEqual([
    ...['no kernel', 'out of memory', 'it gave no answer'],
  ]);
  expect(checks.some(({ passed }) => passed)).toBe(false);
  expect(torchQuestions).toHaveLength(11);
});
