import type { CausalLMBatch } from '@nanscope/collator';
import { batchOf, type Case, keyOf, lengthOf, wholeCase } from '@nanscope/lane';
import { cutConfig, presetConfig } from '@nanscope/model';
import { describe, expect, it } from 'vitest';
import { differenceWords } from './folder/place.ts';
import { passesFrom } from './passes.ts';
import { type Answer, search } from './search/search.ts';

const model = presetConfig('tiny');
const batch: CausalLMBatch = {
  inputIds: Int32Array.of(257, 257, 5, 7, 8, 1, 2, 3, 4, 5),
  attentionMask: Int32Array.of(0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
  labels: Int32Array.of(-100, -100, 5, 7, 8, 1, 2, 3, 4, 5),
  positionIds: Int32Array.of(0, 0, 0, 1, 2, 0, 1, 2, 3, 4),
  batch: 2,
  length: 5,
  lengths: [3, 5],
  truncated: 0,
};
const whole = wholeCase(model, batch);

/** Reduces under an oracle that knows no model, and checks that every case that it is asked about could be computed. */
const reducedBy = (fails: (candidate: Case) => boolean, place = {}) =>
  search(whole, {
    passes: passesFrom(place),
    keyOf,
    ask: async (candidate): Promise<Answer> => {
      const { inputIds, positionIds, labels } = batchOf(candidate);
      const { vocabulary, maxPositions } = cutConfig(model, candidate);
      for (const id of [...inputIds, ...labels.filter((label) => label !== -100)])
        expect(id >= 0 && id < vocabulary, keyOf(candidate)).toBe(true);
      for (const id of positionIds) expect(id >= 0 && id < maxPositions).toBe(true);
      expect(maxPositions).toBeGreaterThanOrEqual(lengthOf(candidate));
      if (!labels.some((label, at) => label !== -100 && at % lengthOf(candidate) > 0)) return 'broken';
      return fails(candidate) ? 'fails' : 'passes';
    },
  });

const masked = ({ rows }: Case) => rows.some(({ attentionMask }) => attentionMask[0] === 0);

describe('passes', () => {
  it.each([
    ['a leap to the place', { row: 0, position: 0, layer: 0, head: 0 }],
    ['no place at all', {}],
  ])('a fully masked row comes down to a pad and a token, from %s', async (_, place) => {
    const { smallest, minimal, neighbours } = await reducedBy(masked, place);
    expect(minimal).toBe(true);
    expect(smallest.rows).toHaveLength(1);
    expect(smallest.rows[0]?.attentionMask).toEqual([0, 1]);
    for (const field of ['layers', 'heads', 'dims', 'units'] as const)
      expect(smallest[field]).toHaveLength(1);
    expect(smallest.weights).toEqual([]);
    expect(new Set(smallest.rows[0]?.inputIds).size).toBe(1);
    const passing = neighbours.filter(({ answer }) => answer === 'passes');
    expect(passing.map(({ candidate }) => differenceWords(smallest, candidate))).toEqual([
      'attention_mask[0][0] is 1 instead of 0',
    ]);
  });

  it.each<[string, (candidate: Case) => boolean, Partial<Case>]>([
    ['a layer', ({ layers }) => layers.includes(1), { layers: [1] }],
    ['two heads', ({ heads }) => heads.includes(0) && heads.includes(3), { heads: [0, 3] }],
    ['a number of a head', ({ dims }) => dims?.includes(13) === true, { dims: [13] }],
    ['a unit of the MLP', ({ units }) => units.includes(200), { units: [200] }],
    [
      'a weight',
      ({ weights }) => weights.includes('transformer.h.1.mlp.c_fc.weight'),
      { layers: [1], weights: ['transformer.h.1.mlp.c_fc.weight'] },
    ],
  ])('keeps what the fault needs, and no more: %s', async (_, fails, kept) => {
    const { smallest } = await reducedBy(fails, { row: 0, layer: 0, head: 0 });
    expect(smallest).toMatchObject(kept);
    const total =
      smallest.layers.length + smallest.heads.length + smallest.dims!.length + smallest.units.length;
    expect(total).toBe(kept.heads ? 5 : 4);
  });

  it('keeps a token that the fault needs, which no input names', async () => {
    const { smallest } = await reducedBy(({ vocabulary }) => vocabulary.includes(200));
    expect(smallest.vocabulary).toContain(200);
    expect(smallest.vocabulary.length).toBeLessThanOrEqual(3);
  });
});

describe('differenceWords', () => {
  it('names cells, lists and constants', () => {
    const [row] = whole.rows;
    const other: Case = {
      ...whole,
      rows: [{ ...row!, inputIds: [1, 257, 5, 7, 8] }, whole.rows[1]!],
      heads: [0],
      weights: whole.weights.slice(1),
    };
    expect(differenceWords(whole, other)).toBe(
      'input_ids[0][0] is 1 instead of 257; 1 instead of 4 of its heads; constant: transformer.wte.weight',
    );
    expect(differenceWords(whole, { ...whole, rows: [row!] })).toBe('1 instead of 2 rows');
  });
});
