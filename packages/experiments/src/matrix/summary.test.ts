import { describe, expect, it } from 'vitest';
import { type Cell, cellId, plainCell } from '../cell/cell.ts';
import { predict } from '../cell/predict.ts';
import { cellsOf } from './conditions.ts';
import { summarizeMatrix } from './summary.ts';

const single = Object.fromEntries(Object.entries({ ...plainCell, device: 'wasm' }).map(([k, v]) => [k, [v]]));
const cells = cellsOf({
  ...single,
  ...{ device: ['wasm', 'gpu'], fill: ['additive-inf', 'finfo-min'], attn: ['eager', 'sdpa'] },
  mode: ['inference', 'training'],
} as never);
const table = cells.map((cell) => ({ cell, outcome: predict(cell) }));
const answer = (whole: boolean) =>
  summarizeMatrix(table, new Set(['gpu']), whole).answers.find(({ question }) => question === 'nan-loss')!;

describe('a table in a summary', () => {
  it('says which conditions are necessary: the fill, and neither the device nor the mode', () => {
    const verdicts = answer(true).necessity.map(({ condition, verdict }) => [condition, verdict]);
    expect(Object.fromEntries(verdicts)).toMatchObject({
      'the device is a GPU (MPS)': 'not necessary',
      'attention is sdpa': 'not necessary',
      'evaluation, not training': 'not necessary',
      'the fill is -inf': 'necessary',
      'padding is on the left': 'undecided',
    });
  });

  it('says of a part only what it has a cell against', () => {
    const verdicts = answer(false).necessity.map(({ condition, verdict }) => [condition, verdict]);
    expect(Object.fromEntries(verdicts)).toMatchObject({
      'attention is sdpa': 'not necessary',
      'the fill is -inf': 'undecided',
    });
  });

  it('counts where gradients were computed at all', () => {
    const gradients = (rows: typeof table) =>
      summarizeMatrix(rows, new Set(), true).answers.find(({ question }) => question === 'nan-gradients');
    expect(gradients(table)).toMatchObject({ cells: 4, asked: 8 });
    expect(gradients(table.filter(({ cell }) => cell.mode === 'inference'))).toMatchObject({ asked: 0 });
    expect(gradients(table.filter(({ cell }) => cell.mode === 'training'))).not.toHaveProperty('asked');
  });

  it('has minimal sets only when it is whole', () => {
    expect(answer(true).minimalSets).toEqual([{ conditions: { fill: ['additive-inf'] }, cells: 8 }]);
    expect(answer(false)).not.toHaveProperty('minimalSets');
  });

  it('names the one cell that is not as predicted, in its own device and mode', () => {
    const odd: Cell = cells.find(({ device, mode }) => device === 'gpu' && mode === 'training')!;
    const wrong = table.map((row) =>
      row.cell === odd ? { ...row, outcome: { ...row.outcome, gradients: 'infinite' as const } } : row,
    );
    const { surprises, asPredicted } = summarizeMatrix(wrong, new Set(), true);
    expect(asPredicted).toBe(cells.length - 1);
    expect(surprises).toEqual([{ id: cellId(odd), differences: ['gradients: infinite, predicted NaN'] }]);
  });
});
