/** What hides a value that is not finite behind a number is an event with the row that it hides. */
import { describe, expect, it } from 'vitest';
import { finite, type Line, traceOf, withInf, withNaN } from '../testing/records.ts';
import { contextOf } from './context.ts';
import { launderings } from './laundering.ts';

const context = contextOf([[1, 1, 1]], true);
const first = (lines: Line[], externals = {}) => launderings(traceOf(lines, externals), context);

describe('launderings', () => {
  it.each([
    ['RealDiv', withInf(1, 0, 12, 7), 'a division by an infinity gives 0'],
    ['ArgMax', withNaN(1, 12, 7), 'an index stands for a row that has no largest or smallest number'],
    ['Maximum', withNaN(1, 12, 7), 'the bound or the other operand is taken instead'],
    ['ClipByValue', withInf(0, 1, 12, 7), 'the bound or the other operand is taken instead'],
    ['Select', withNaN(1, 12, 7), 'the other branch is taken'],
    ['Greater', withNaN(1, 12, 7), 'a comparison gives true or false of it'],
    ['Exp', withInf(0, 1, 12, 7), 'the function of an infinity is finite'],
    ['Hypot', withNaN(1, 12, 7), 'Hypot gives a number for it'],
  ] as const)('%s names the row that it hides', (kernel, health, how) => {
    const found = first([
      { kernel: 'Linear', in: [], out: health, shape: [3, 4] },
      { kernel, in: [0], out: finite() },
    ]);
    expect(found).toEqual([
      {
        key: `forward/${kernel}#0:0`,
        from: 'forward/Linear#0:0',
        kind: health.nan > 0 ? 'NaN' : 'Inf',
        how,
        coordinates: [0, 1, 3],
        coordinateNames: ['batch', 'position', 'channel'],
      },
    ]);
  });

  it.each(['LayerNorm', 'RmsNorm'])('the statistics of a %s that overflow hide its row', (kernel) => {
    const found = first([
      { kernel, in: ['x'], out: withInf(1, 0, 3, 2), shape: [3], output: 1 },
      { kernel, in: ['x'], out: finite(12), shape: [3, 4] },
    ]);
    expect(found).toMatchObject([
      { key: `forward/${kernel}#0:0`, from: `forward/${kernel}#0:1`, kind: 'Inf', coordinates: [0, 2] },
    ]);
  });

  it('a NaN that ends while an infinity goes on is one', () => {
    const both = { ...withNaN(1, 4, 2), negInf: 1, firstInf: 0 };
    const found = first([{ kernel: 'Max', in: ['x'], out: withInf(0, 1) }], { x: both });
    expect(found).toMatchObject([{ from: 'x', kind: 'NaN', coordinates: [2] }]);
  });

  it('reports one row that a select hides, though another passes', () => {
    const lines = (firstOut: number): Line[] => [
      { kernel: 'Linear', in: [], out: withNaN(2, 12, 3), shape: [3, 4] },
      { kernel: 'Select', in: ['condition', 0, 'zeros'], out: withNaN(1, 12, firstOut), shape: [3, 4] },
    ];
    expect(first(lines(9))).toMatchObject([{ from: 'forward/Linear#0:0', coordinates: [0, 0, 3] }]);
    expect(first(lines(3))).toEqual([]);
  });

  it('a value that is passed on, left behind, meant to be there, or answered with no answer is none', () => {
    const nan = withNaN();
    expect(first([{ kernel: 'Relu', in: ['x'], out: nan }], { x: nan })).toEqual([]);
    expect(first([{ kernel: 'Slice', in: ['x'], out: finite(1) }], { x: nan })).toEqual([]);
    expect(first([{ kernel: 'RowArgmax', in: ['x'], out: undefined }], { x: nan })).toEqual([]);
    const masked: Line[] = [
      { kernel: 'Add', path: 'attn/mask', in: [], out: withInf(0, 1) },
      { kernel: 'Softmax', path: 'attn/probs', in: [0], out: finite() },
    ];
    expect(first(masked)).toEqual([]);
  });
});
