import type { OriginRecord } from '@nanscope/record';
import { coordinateWords, keyWords, perLane, placeOfPath, policyWords, positionWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { bothNaN, nanCascade, nanPicture, safePolicy } from '../fixtures.ts';

const origin = nanCascade.origin!;
const at = (batch: number, query: number): OriginRecord => ({ ...origin, coordinates: [batch, 0, query, 0] });

describe('places', () => {
  it('splits a key into layer and op', () => {
    expect(placeOfPath('forward', 'transformer.h.0.attn.probs', 'Softmax')).toEqual({
      layer: 'h.0',
      op: 'attn.probs Softmax',
    });
    expect(placeOfPath('forward', 'lm_head', 'BatchMatMul')).toEqual({ layer: 'lm_head', op: 'BatchMatMul' });
    expect(placeOfPath('loss', '', 'SparseCrossEntropy')).toEqual({
      layer: 'loss',
      op: 'SparseCrossEntropy',
    });
    expect(placeOfPath('forward', 'transformer.h.11/attn/probs', 'Softmax')).toEqual({
      layer: 'h.11',
      op: 'attn.probs Softmax',
    });
    expect(placeOfPath('forward', 'transformer.h.0', 'Add')).toEqual({ layer: 'h.0', op: 'Add' });
    expect(placeOfPath('forward', 'transformer.ln_f', 'LayerNorm')).toEqual({
      layer: 'ln_f',
      op: 'LayerNorm',
    });
    expect(placeOfPath('forward', 'other/place', 'Add')).toEqual({ layer: 'forward', op: 'other.place Add' });
    expect(placeOfPath('backward', 'transformer.h.3/mlp', 'GeluNew').layer).toBe('backward');
    expect(keyWords('forward/transformer.h.0.attn.probs/Softmax#0:0')).toBe('h.0 attn.probs Softmax');
    expect(keyWords('forward/transformer.h.0/ln_1/LayerNorm#0:1')).toBe('h.0 ln_1 LayerNorm variance');
    expect(keyWords('anything')).toBe('anything');
  });
});

describe('coordinates', () => {
  it('are named, and their place in the row is told', () => {
    expect(coordinateWords(origin)).toBe('[batch 1, head 0, query 0, key 0]');
    expect(coordinateWords({ ...origin, coordinateNames: ['row'] })).toBe('[row 1, 0, 0, 0]');
    const words = (batch: number, query: number): string | undefined =>
      positionWords(at(batch, query), nanPicture);
    expect(words(1, 0)).toBe('the first padded query of batch row 1');
    expect(words(1, 3)).toBe('a padded query of batch row 1');
    expect(words(1, 6)).toBe('the last padded query of batch row 1');
    expect(words(1, 7)).toBe('the first real query of batch row 1');
    expect(words(1, 9)).toBe('a real query of batch row 1');
    expect(words(9, 0)).toBeUndefined();
    expect(positionWords(origin, undefined)).toBeUndefined();
  });

  it('padding on the right is told as such', () => {
    const padding = nanPicture.padding.map(() => ({ left: 0, right: 3 }));
    expect(positionWords(at(0, 22), { ...nanPicture, padding })).toMatch(
      /padding on the right of batch row 0/,
    );
  });
});

describe('policyWords', () => {
  it.each([
    ['select -inf', 'masked scores set to -inf'],
    ['select-inf', 'masked scores set to -inf'],
    ['additive -inf', '-inf added to masked scores'],
    ['finfo-min', 'masked scores set to finfo.min'],
    ['additive-finfo-min', 'finfo.min added to masked scores'],
    ['additive finfo-min', 'finfo.min added to masked scores'],
    ['additive:-1e9', '-1e9 added to masked scores'],
    ['-10000', 'masked scores set to -10000'],
  ])('fill %s', (fill, words) => {
    expect(policyWords({ ...safePolicy, fill })).toContain(`: ${words}, `);
  });

  it('says composition and guard', () => {
    expect(policyWords(safePolicy)).toBe(
      'safe: masked scores set to -inf, causal AND padding, a row without an allowed key gives zeros, f32',
    );
    expect(policyWords({ ...safePolicy, compose: 'new', rowGuard: 'other' })).toMatch(
      /composed by new, row guard other/,
    );
  });
});

describe('perLane', () => {
  it('says a thing once where both devices say the same', () => {
    expect(perLane(bothNaN, (lane) => lane.cascade?.origin)).toMatchObject([{ who: 'both devices' }]);
    expect(perLane(bothNaN, (lane) => lane.decision.label).map(({ who }) => who)).toEqual([
      'target',
      'reference',
    ]);
    expect(perLane(bothNaN, () => undefined)).toEqual([]);
  });
});
