import { policyFrom } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { collateCausalLM } from '@nanscope/collator';
import { buildCausalLM, type CausalLM, openParts } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attentionPattern, type PatternCell, patternCell } from './evaluate-batch.ts';

describe('a cell of a pattern', () => {
  it.each([
    [0.5, true, 'attended'],
    [0, true, 'attended'],
    [0, false, 'masked'],
    [1e-30, false, 'leaked'],
    [Number.NaN, false, 'nan'],
    [Number.NaN, true, 'nan'],
    [Number.POSITIVE_INFINITY, true, 'infinity'],
  ] as const)('%d, allowed %s: %s', (probability, allowed, kind) => {
    expect(patternCell(probability, allowed)).toBe(kind);
  });
});

describe('the pattern of a head', () => {
  let model: CausalLM;
  beforeAll(async () => {
    await builtinBackend('cpu').open();
    model = await buildCausalLM(await openParts({ preset: 'tiny', seed: 0 }));
  });
  afterAll(() => model.dispose());

  // Two pads, then three tokens; the other row has no padding.
  const batch = collateCausalLM([{ ids: [5, 6, 7] }, { ids: [5, 6, 7, 8, 9] }], {
    paddingSide: 'left',
    padTokenId: 0,
  });
  const kinds = async (preset: string, layer = 0): Promise<PatternCell[][]> => {
    const computation = { model, implementation: 'sdpa', policy: policyFrom({ preset }) } as const;
    const { cells, length } = await attentionPattern(computation, batch, { layer, head: 0, row: 0 });
    return Array.from({ length }, (_, query) => cells.slice(query * length, (query + 1) * length));
  };
  const letters = (rows: PatternCell[][]) => rows.map((row) => row.map((cell) => cell[0]).join(''));

  it('under a guard: pads attend to nothing, tokens to tokens that are not after them', async () => {
    expect(letters(await kinds('safe'))).toEqual(['mmmmm', 'mmmmm', 'mmamm', 'mmaam', 'mmaaa']);
  });

  it('without one: the queries in the padding are NaN, one layer on all of the sequence is', async () => {
    expect(letters(await kinds('torch-mps-2.8'))).toEqual(['nnnnn', 'nnnnn', 'mmamm', 'mmaam', 'mmaaa']);
    expect(letters(await kinds('torch-mps-2.8', 1)).join('')).toBe('n'.repeat(25));
  });

  it('without causality the future leaks', async () => {
    expect(letters(await kinds('no-causal'))[2]).toBe('mmall');
  });

  it('keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    await kinds('safe');
    expect(tf.memory().numTensors).toBe(before);
  });
});
