import type { Case } from '@nanscope/lane';
import { presetConfig, wholeCut } from '@nanscope/model';
import { expect, it } from 'vitest';
import { largestPassing } from './reduce-run.ts';
import type { Answer } from './search/search.ts';

const model = presetConfig('tiny');
const row = { inputIds: [1, 2], attentionMask: [0, 1], labels: [-100, 2], positionIds: [0, 0] };
const whole: Case = { ...wholeCut(model), rows: [row, row], weights: ['transformer.wte.weight'] };
const neighbour = (change: Partial<Case>, answer: Answer) => ({
  ...{ pass: 'a pass', candidate: { ...whole, ...change }, answer },
});

it('a model that is whole before one that is cut, more rows before fewer, more weights of the run before constants', () => {
  const [cut, short, constant] = [{ layers: [0] }, { rows: [row] }, { weights: [] }].map((change) =>
    neighbour(change, 'passes'),
  );
  const first = (...given: readonly (typeof cut)[]) =>
    largestPassing(
      model,
      given.flatMap((one) => one ?? []),
    );
  expect(first(cut, short)).toBe(short?.candidate);
  expect(first(short, constant)).toBe(constant?.candidate);
  expect(first(constant, short, cut, neighbour({}, 'passes'))).toEqual(whole);
});

it('what is broken, or fails in another way, is no contrast', () => {
  expect(largestPassing(model, [neighbour({}, 'broken'), neighbour({}, 'other')])).toBeUndefined();
});
