import { UserError } from '@nanscope/errors';
import { describe, expect, it } from 'vitest';
import { type CausalLMBatch, type CollateOptions, collateCausalLM, type TokenRow } from './index.ts';

const pad = 9;

function rowsOf(...ids: number[][]): TokenRow[] {
  return ids.map((row) => ({ ids: row }));
}

/** A flat [B,T] array as rows. */
function grid(
  batch: CausalLMBatch,
  key: 'inputIds' | 'attentionMask' | 'labels' | 'positionIds',
): number[][] {
  const { batch: rows, length } = batch;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(batch[key].slice(row * length, (row + 1) * length)),
  );
}

describe('collateCausalLM', () => {
  it('pads on the left by default, hides the padding and derives positions from the mask', () => {
    const batch = collateCausalLM(rowsOf([1, 2, 3], [4]), { padTokenId: pad });
    expect(batch).toMatchObject({ batch: 2, length: 3, lengths: [3, 1], truncated: 0 });
    expect(grid(batch, 'inputIds')).toEqual([
      [1, 2, 3],
      [pad, pad, 4],
    ]);
    expect(grid(batch, 'attentionMask')).toEqual([
      [1, 1, 1],
      [0, 0, 1],
    ]);
    expect(grid(batch, 'labels')).toEqual([
      [1, 2, 3],
      [-100, -100, 4],
    ]);
    expect(grid(batch, 'positionIds')).toEqual([
      [0, 1, 2],
      [0, 0, 0],
    ]);
  });

  it('pads on the right when asked; pads there repeat the last position', () => {
    const batch = collateCausalLM(rowsOf([1, 2, 3, 4], [5, 6]), { padTokenId: pad, paddingSide: 'right' });
    expect(grid(batch, 'inputIds')).toEqual([
      [1, 2, 3, 4],
      [5, 6, pad, pad],
    ]);
    expect(grid(batch, 'positionIds')).toEqual([
      [0, 1, 2, 3],
      [0, 1, 1, 1],
    ]);
  });

  it('positions 0..T-1 whatever the mask with arange', () => {
    const batch = collateCausalLM(rowsOf([1, 2, 3], [4]), { padTokenId: pad, positionIds: 'arange' });
    expect(grid(batch, 'positionIds')).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('erases labels by value, so a real end of text equal to the pad loses its label', () => {
    const rows = rowsOf([1, 2, pad], [3, pad]);
    expect(grid(collateCausalLM(rows, { padTokenId: pad }), 'labels')).toEqual([
      [1, 2, -100],
      [-100, 3, -100],
    ]);
    const kept = collateCausalLM(rows, { padTokenId: pad, labelsFrom: 'mask' });
    expect(grid(kept, 'labels')).toEqual([
      [1, 2, pad],
      [-100, 3, pad],
    ]);
  });

  it('labels from the mask also follow the mask of the row itself', () => {
    const rows = [{ ids: [1, 2, 3], attentionMask: [0, 1, 1] }];
    expect(grid(collateCausalLM(rows, { labelsFrom: 'mask' }), 'labels')).toEqual([[-100, 2, 3]]);
    expect(grid(collateCausalLM(rows), 'labels')).toEqual([[1, 2, 3]]);
  });

  it('ignores the first real label only where a pad would have to predict it', () => {
    const options = { padTokenId: pad, ignoreFirstToken: true } satisfies CollateOptions;
    const rows = rowsOf([1, 2, 3, 4], [5, 6]);
    expect(grid(collateCausalLM(rows, options), 'labels')).toEqual([
      [1, 2, 3, 4],
      [-100, -100, -100, 6],
    ]);
    const right = collateCausalLM(rows, { ...options, paddingSide: 'right' });
    expect(grid(right, 'labels')).toEqual([
      [1, 2, 3, 4],
      [5, 6, -100, -100],
    ]);
  });

  it.each([
    [
      'right',
      [
        [1, 2],
        [5, 6],
      ],
    ],
    [
      'left',
      [
        [3, 4],
        [5, 6],
      ],
    ],
  ] as const)('cuts long rows on the %s, mask and all, and counts them', (truncationSide, inputIds) => {
    const rows = [{ ids: [1, 2, 3, 4], attentionMask: [1, 0, 0, 1] }, { ids: [5, 6] }];
    const batch = collateCausalLM(rows, { maxLength: 2, truncationSide });
    expect(grid(batch, 'inputIds')).toEqual(inputIds);
    expect(grid(batch, 'attentionMask')[0]).toEqual(truncationSide === 'right' ? [1, 0] : [0, 1]);
    expect(batch).toMatchObject({ truncated: 1, lengths: [2, 2], length: 2 });
  });

  it.each([
    [1, 1, 1],
    [8, 8, 8],
    [9, 8, 16],
    [3, 64, 64],
  ])('rounds %i tokens up to a multiple of %i: %i', (count, padToMultipleOf, length) => {
    const batch = collateCausalLM([{ ids: new Int32Array(count) }], { padToMultipleOf, padTokenId: pad });
    expect(batch.length).toBe(length);
  });

  it('has the columns that are asked for at least, rounded up as well', () => {
    const columns = (count: number, minLength: number, padToMultipleOf?: number) =>
      collateCausalLM([{ ids: new Int32Array(count) }], { minLength, padToMultipleOf, padTokenId: pad })
        .length;
    expect([columns(3, 5), columns(5, 3), columns(3, 5, 4), columns(9, 5, 4)]).toEqual([5, 5, 8, 12]);
    expect(() => columns(3, 0)).toThrow(/minLength must be a whole number of at least 1; got 0/);
  });

  it('gives ones everywhere when the model is to see no mask, yet keeps the labels of padding out', () => {
    const batch = collateCausalLM(rowsOf([1, 2], [3]), {
      padTokenId: pad,
      attentionMask: 'none',
      labelsFrom: 'mask',
    });
    expect(grid(batch, 'attentionMask')).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(grid(batch, 'positionIds')).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(grid(batch, 'labels')).toEqual([
      [1, 2],
      [-100, 3],
    ]);
  });

  it('needs no pad token for rows of equal length', () => {
    expect(grid(collateCausalLM(rowsOf([1, 2], [3, 4])), 'labels')).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('leaves the rows as they were', () => {
    const row = { ids: Object.freeze([1, 2, 3]), attentionMask: Object.freeze([1, 1, 1]) };
    collateCausalLM([row, { ids: [4] }], { padTokenId: pad, maxLength: 2, ignoreFirstToken: true });
    expect(row).toEqual({ ids: [1, 2, 3], attentionMask: [1, 1, 1] });
  });

  it.each(['left', 'right'] as const)(
    'keeps every real token, in order and at its position, padded %s',
    (paddingSide) => {
      for (let seed = 1; seed < 40; seed++) {
        const rows = rowsOf(...Array.from({ length: 1 + (seed % 5) }, (_, r) => someIds(seed * 7 + r)));
        const batch = collateCausalLM(rows, {
          padTokenId: pad,
          paddingSide,
          padToMultipleOf: 1 + (seed % 4),
        });
        for (const [index, row] of rows.entries()) {
          const real = grid(batch, 'attentionMask')[index]!.flatMap((keep, column) =>
            keep === 1 ? [column] : [],
          );
          expect(real.map((column) => grid(batch, 'inputIds')[index]![column])).toEqual(row.ids);
          expect(real.map((column) => grid(batch, 'positionIds')[index]![column])).toEqual(
            real.map((_, i) => i),
          );
        }
      }
    },
  );
});

/** 1 to 11 ids that depend on the seed only. */
function someIds(seed: number): number[] {
  return Array.from({ length: 1 + ((seed * 13) % 11) }, (_, i) => (seed * 31 + i * 17) % 90);
}

describe('collateCausalLM errors', () => {
  const cases: [string, readonly TokenRow[], CollateOptions, string, RegExp][] = [
    ['no rows', [], {}, 'collator/empty-batch', /at least one row/],
    ['an empty row', rowsOf([1], []), {}, 'collator/empty-row', /^Row 1 holds no tokens/],
    [
      'an empty row of a file',
      [{ ids: [], origin: 'a.txt:3' }],
      {},
      'collator/empty-row',
      /^Row 0 \(a\.txt:3\)/,
    ],
    [
      'an id past the vocabulary',
      rowsOf([1, 50]),
      { vocabSize: 50 },
      'collator/id-out-of-range',
      /Row 0, position 1: token id 50 .* 0 to 49 .*50\)/,
    ],
    ['a negative id', rowsOf([-1]), {}, 'collator/id-out-of-range', /token id -1/],
    ['a NaN id', rowsOf([Number.NaN]), { vocabSize: 50 }, 'collator/id-out-of-range', /token id NaN/],
    ['a fractional id', rowsOf([1.5]), {}, 'collator/id-out-of-range', /token id 1\.5/],
    ['an id past int32', rowsOf([2 ** 31]), {}, 'collator/id-out-of-range', /int32/],
    [
      'ragged rows without a pad token',
      rowsOf([1, 2], [3]),
      {},
      'collator/no-pad-token',
      /Rows of 1 to 2 tokens must be padded to 2/,
    ],
    [
      'a multiple without a pad token',
      rowsOf([1, 2]),
      { padToMultipleOf: 4 },
      'collator/no-pad-token',
      /padded to 4/,
    ],
    [
      'a pad token past the vocabulary',
      rowsOf([1, 2], [3]),
      { padTokenId: 50, vocabSize: 50 },
      'collator/id-out-of-range',
      /pad token id 50/,
    ],
    ['maxLength 0', rowsOf([1]), { maxLength: 0 }, 'collator/max-length', /at least 1; got 0/],
    ['maxLength NaN', rowsOf([1]), { maxLength: Number.NaN }, 'collator/max-length', /got NaN/],
    ['padToMultipleOf 0', rowsOf([1]), { padToMultipleOf: 0 }, 'collator/pad-to-multiple-of', /got 0/],
    [
      'a short mask',
      [{ ids: [1, 2], attentionMask: [1] }],
      {},
      'collator/attention-mask',
      /1 entries for 2 tokens/,
    ],
    [
      'a mask of twos',
      [{ ids: [1], attentionMask: [2] }],
      {},
      'collator/attention-mask',
      /0 and 1 only; got 2/,
    ],
  ];
  it.each(cases)('%s', (_, rows, options, code, message) => {
    const thrown = caught(() => collateCausalLM(rows, options));
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code, exitCode: 2 });
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain('\n');
  });
});

function caught(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}
