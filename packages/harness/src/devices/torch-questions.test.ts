import { expect, it } from 'vitest';
import { torchChecks, torchQuestions } from './torch-questions.ts';

const check = (id: string, ...values: number[]) =>
  torchChecks([{ id, device: 'mps', answer: { values } }])[0]!;

it('a NaN that is kept passes, and one that is lost does not', () => {
  expect(check('exp(NaN)', Number.NaN)).toMatchObject({ device: 'mps', result: 'nan', passed: true });
  expect(check('exp(NaN)', 1)).toMatchObject({ result: '1', expected: 'NaN', passed: false });
  expect(check('softmax of a row of -inf', Number.NaN, 0).passed).toBe(false);
});

it('of attention the first number is looked at', () => {
  expect(check('sdpa, a row without a key', 0, 3)).toMatchObject({ result: '0', passed: true });
  expect(check('sdpa, a row without a key', Number.NaN, 0)).toMatchObject({ result: 'nan', passed: false });
});

it('what a device cannot do is no pass, with its reason', () => {
  expect(torchChecks([{ id: 'relu(NaN)', device: 'cpu', refused: 'no kernel' }])).toMatchObject([
    { name: 'relu(NaN)', result: 'no kernel', passed: false },
  ]);
  expect(torchQuestions).toHaveLength(11);
});
