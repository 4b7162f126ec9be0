import type { OriginRecord, PictureRecord, ResultRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { lane } from '../../../test/fixtures/records/lanes.ts';
import { coordinateWords, keyWords, perLane, placeOfPath, policyWords, positionWords } from './codes.ts';

const origin: OriginRecord = {
  ...{ key: 'forward/transformer.h.0.attn.probs/Softmax#0:0', batch: 0 },
  ...{ coordinates: [1, 0, 0, 0], coordinateNames: ['batch', 'head', 'query', 'key'] },
  mechanism: { name: 'fully masked row', evidence: 'all scores of the row are -inf' },
};
const at = (batch: number, query: number): OriginRecord => ({ ...origin, coordinates: [batch, 0, query, 0] });

/** Two rows of 24 positions, the second with seven of padding. */
const picture: PictureRecord = {
  layers: ['h.0'],
  cells: [['.'.repeat(24)], [`${'N'.repeat(7)}${'.'.repeat(17)}`]],
  padding: [0, 7].map((left) => ({ left, right: 0 })),
};

const { policy: safe } = lane();

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
  it('are named, and the words say where in its row a position lies', () => {
    expect(coordinateWords(origin)).toBe('[batch 1, head 0, query 0, key 0]');
    expect(coordinateWords({ ...origin, coordinateNames: ['row'] })).toBe('[row 1, 0, 0, 0]');
    const words = (batch: number, query: number): string | undefined =>
      positionWords(at(batch, query), picture);
    expect(words(1, 0)).toBe('the first padded query of batch row 1');
    expect(words(1, 3)).toBe('a padded query of batch row 1');
    expect(words(1, 6)).toBe('the last padded query of batch row 1');
    expect(words(1, 7)).toBe('the first real query of batch row 1');
    expect(words(1, 9)).toBe('a real query of batch row 1');
    expect(words(9, 0)).toBeUndefined();
    expect(positionWords(origin, undefined)).toBeUndefined();
  });

  it('padding on the right is named as such', () => {
    const padding = picture.padding.map(() => ({ left: 0, right: 3 }));
    expect(positionWords(at(0, 22), { ...picture, padding })).toMatch(/padding on the right of batch row 0/);
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
    expect(policyWords({ ...safe, fill })).toContain(`: ${words}, `);
  });

  it('names composition and guard', () => {
    expect(policyWords(safe)).toBe(
      'safe: masked scores set to -inf, causal AND padding, a row without an allowed key gives zeros, f32',
    );
    expect(policyWords({ ...safe, compose: 'new', rowGuard: 'other' })).toMatch(
      /composed by new, row guard other/,
    );
  });
});

describe('perLane', () => {
  const reference = lane({ role: 'reference', decision: { ...lane().decision, label: 'wasm' } });
  const result: Pick<ResultRecord, 'target' | 'reference'> = { target: lane(), reference };

  it('says a thing once where both devices say the same', () => {
    expect(perLane(result, (one) => one.policy)).toEqual([{ who: 'both devices', value: safe }]);
    expect(perLane(result, (one) => one.decision.label)).toEqual([
      { who: 'target', value: 'webgpu' },
      { who: 'reference', value: 'wasm' },
    ]);
    expect(perLane(result, () => undefined)).toEqual([]);
  });
});
