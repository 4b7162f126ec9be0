/** The prediction against what is known of the mechanism, line by line. */
import { describe, expect, it } from 'vitest';
import { type Cell, plainCell } from './cell.ts';
import { predict } from './predict.ts';

const of = (changes: Partial<Cell> = {}) => predict({ ...plainCell, device: 'any', ...changes });
const final = (changes: Partial<Cell> = {}) => of(changes).layers.at(-1)!.join(' ');

describe('an unguarded -inf', () => {
  it('makes NaN at padded queries in layer 1, and everywhere in that sequence in layer 2', () => {
    expect(final()).toBe('NNN..... ........');
    expect(final({ layers: '2' })).toBe('NNNNNNNN ........');
    expect(final({ layers: '2', row: '1' })).toBe('........ NNNNNNNN');
  });

  it('needs a query without a key: one is enough to be finite', () => {
    expect(final({ keys: '1' })).toBe('........ ........');
    expect(final({ keys: '2', layers: '2' })).toBe('........ ........');
  });

  it('needs left padding, or a window inside the padding, or an explicit mask', () => {
    expect(final({ 'padding-side': 'right' })).toBe('........ ........');
    expect(final({ 'padding-side': 'right', cause: 'window' })).toBe('......NN ........');
    expect(final({ 'padding-side': 'right', cause: 'explicit' })).toBe('...N.... ........');
  });

  it("makes the loss NaN through the first real token's label, the gradients without it", () => {
    expect(of({ mode: 'training' })).toMatchObject({ loss: 'NaN', gradients: 'NaN', leak: 'none' });
    expect(of({ mode: 'training', labels: 'ignore-first' })).toMatchObject({
      loss: 'finite',
      gradients: 'NaN',
    });
    expect(of({ labels: 'ignore-first', layers: '2' })).toMatchObject({ loss: 'NaN', gradients: 'none' });
  });

  it('begins at the first query without a key', () => {
    expect(of().origin).toBe('fully masked row at [0,0,0]');
    expect(of({ row: '1' }).origin).toBe('fully masked row at [1,0,0]');
    expect(of({ cause: 'explicit' }).origin).toBe('fully masked row at [0,0,3]');
  });
});

describe('what is finite', () => {
  it.each(['zeros', 'self', 'attend-all'] as const)('under the row guard %s', (guard) => {
    expect(of({ 'row-guard': guard, layers: '2' })).toMatchObject({
      nanMap: 'none',
      loss: 'finite',
      origin: 'none',
    });
  });

  it('sees the future where a finite fill or a guard opens the row to everything, or causality is dropped', () => {
    expect(of({ fill: 'additive-finfo-min' }).leak).toBe('labelled');
    expect(of({ 'row-guard': 'attend-all' }).leak).toBe('labelled');
    expect(of({ fill: 'additive-finfo-min', labels: 'ignore-first' }).leak).toBe('unlabelled');
    expect(of({ fill: 'additive-finfo-min', compose: 'causal-twice' }).leak).toBe('none');
    expect(of({ 'row-guard': 'zeros' }).leak).toBe('none');
    expect(of({ compose: 'causal-dropped' })).toMatchObject({ leak: 'labelled', nanMap: 'none' });
  });
});
