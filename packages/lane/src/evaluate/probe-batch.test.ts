import { collateCausalLM } from '@nanscope/collator';
import { describe, expect, it } from 'vitest';
import { perturbFrom, probeBatch } from './probe-batch.ts';

const options = { paddingSide: 'left', padTokenId: 99, vocabSize: 100 } as const;
const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('probeBatch', () => {
  it('cuts long rows of equal length to unequal ones, so that padding appears', () => {
    const batch = probeBatch(collateCausalLM(Array(6).fill({ ids: ids(50) }), options), options);
    expect(batch).toMatchObject({ batch: 4, length: 24, lengths: [24, 19, 14, 9] });
    expect(Array.from(batch.attentionMask.slice(24, 30))).toEqual([0, 0, 0, 0, 0, 1]);
    expect(batch.inputIds[29]).toBe(1);
  });

  it('takes real tokens whatever side the padding of the run is on', () => {
    const right = { ...options, paddingSide: 'right' } as const;
    const batch = probeBatch(collateCausalLM([{ ids: ids(5) }, { ids: ids(2) }], right), right);
    expect(batch).toMatchObject({ batch: 2, lengths: [5, 2] });
    expect(Array.from(batch.inputIds.slice(5))).toEqual([1, 2, 99, 99, 99]);
  });
});

describe('perturbFrom', () => {
  const batch = collateCausalLM([{ ids: [5, 6, 99] }, { ids: [7] }], options);

  it('changes every real token from the cut on, inside the vocabulary, and nothing else', () => {
    const changed = perturbFrom(batch, 1, 100);
    expect(Array.from(changed.inputIds)).toEqual([5, 7, 0, 99, 99, 8]);
    expect({ ...changed, inputIds: batch.inputIds }).toEqual(batch);
  });
});
