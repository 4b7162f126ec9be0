import { labelWords } from '@nanscope/lane';
import { originWords, placeWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { birthInWords } from './birth-words.ts';

describe('placeWords', () => {
  it.each([
    ['forward/transformer.h.0/attn/probs/Softmax#0:0', 'layer 0, attention probabilities'],
    ['forward/transformer.h.11/attn/masked/AddV2#0:0', 'layer 11, attention scores'],
    ['forward/transformer.h.1/attn/context/BatchMatMul#0:0', 'layer 1, attention output'],
    ['forward/transformer.h.1/mlp/GeluNew#0:0', 'layer 1, MLP'],
    ['forward/transformer.h.1/ln_2/LayerNorm#0:0', 'layer 1, LayerNorm'],
    ['forward/transformer.h.1/ln_2/LayerNorm#0:1', 'layer 1, variance of LayerNorm'],
    ['forward/transformer.h.1/output/AddV2#0:0', 'layer 1'],
    ['forward/transformer.ln_f/LayerNorm#0:1', 'variance of the last LayerNorm'],
    ['loss/SparseCrossEntropy#0:0', 'loss/SparseCrossEntropy#0:0'],
  ])('%s', (key, words) => {
    expect(placeWords(key)).toBe(words);
  });
});

it.each([
  [
    { key: 'forward/transformer.h.0/attn/probs/Sub#0:0' },
    'NaN since batch 0: layer 0, attention probabilities',
  ],
  [{}, /^NaN since batch 0: the loss shows it/],
])('the birth of a NaN is a line of progress', (place, words) => {
  const told = birthInWords({ kind: 'born', what: 'NaN', batch: 0, ...place }, 'batch');
  expect(told).toEqual({ kind: 'note', text: expect.stringMatching(words) });
});

it('an origin that is not known says why', () => {
  expect(originWords(lane())).toContain('--trace health');
});

describe('labelWords', () => {
  const mask = [0, 0, 1, 1, 0];
  it.each([
    [1, 'predicted from a pad'],
    [2, 'first real token, predicted from the last pad'],
    [3, 'predicted from a real token'],
    [4, 'predicted from a real token'],
  ])('position %d', (position, words) => {
    expect(labelWords(mask, position)).toBe(words);
  });
});
