import { describe, expect, it } from 'vitest';
import { answerOf, heldDivergence, heldOrigin } from './held.ts';

const origin = {
  ...{ key: 'forward/transformer.h.11/attn/probs/Softmax#0:0', batch: 3 },
  ...{ coordinates: [0, 1, 2, 3], coordinateNames: ['batch', 'head', 'query', 'key'] },
  mechanism: { name: 'fully masked row', evidence: 'as measured' },
};
const held = heldOrigin(origin);

describe('an origin that is held', () => {
  it('is there in any layer, at any coordinates, with any evidence', () => {
    const elsewhere = {
      ...origin,
      key: 'forward/transformer.h.0/attn/probs/Softmax#0:0',
      coordinates: [0, 0, 0, 0],
      mechanism: { name: 'fully masked row', evidence: 'another' },
    };
    expect(answerOf(held, { origin: elsewhere })).toBe('fails');
  });

  it.each([
    ['another op of the same layer', { key: 'forward/transformer.h.11/mlp/Linear#0:0' }],
    ['another call of the same kernel', { key: 'forward/transformer.h.11/attn/probs/Softmax#1:0' }],
    ['another phase', { key: 'loss/transformer.h.11/attn/probs/Softmax#0:0' }],
    ['another mechanism', { mechanism: { name: 'inf - inf', evidence: '' } }],
  ])('is not %s', (_, change) => {
    expect(answerOf(held, { origin: { ...origin, ...change } })).toBe('other');
  });

  it('is not there where there is none', () => {
    expect(answerOf(held, {})).toBe('passes');
  });
});

describe('a divergence that is held', () => {
  const divergence = { key: origin.key, label: 'kernel bug suspected', reason: 'x' } as const;

  it('is the same op with the same label, whatever the origins are', () => {
    const apart = heldDivergence(divergence);
    expect(answerOf(apart, { divergence, origin })).toBe('fails');
    expect(answerOf(apart, { divergence: { ...divergence, label: 'inherited' } })).toBe('other');
    expect(answerOf(apart, { origin })).toBe('passes');
  });

  it('that counts left open may be decided against the kernel, and not for it', () => {
    const open = heldDivergence({ ...divergence, label: 'undecided' });
    expect(answerOf(open, { divergence })).toBe('fails');
    expect(answerOf(open, { divergence: { ...divergence, label: 'undecided' } })).toBe('fails');
    const permitted = { ...divergence, label: 'permitted by float32, divergent' } as const;
    expect(answerOf(open, { divergence: permitted })).toBe('other');
    expect(answerOf(heldDivergence(divergence), { divergence: permitted })).toBe('other');
  });
});
