import { describe, expect, it } from 'vitest';
import { cellId, conditionsFrom, factors } from '../cell/cell.ts';
import { cellsOf } from './conditions.ts';

const values = { device: ['wasm', 'gpu'], ...factors, attn: ['eager', 'sdpa'] };
const small = {
  ...values,
  compose: ['and'],
  'row-guard': ['none'],
  mode: ['inference'],
  row: ['0'],
} as const;

describe('cells', () => {
  const cells = cellsOf(small);

  it('are every combination, each once, with an id that says it', () => {
    const size = Object.values(small).reduce((product, list) => product * list.length, 1);
    expect(cells).toHaveLength(size);
    expect(new Set(cells.map(cellId)).size).toBe(size);
    expect(cells.every((cell) => JSON.stringify(conditionsFrom(cellId(cell))) === JSON.stringify(cell))).toBe(
      true,
    );
  });

  it('of a foreign attention are those under its one policy', () => {
    const foreign = cellsOf({ ...values, attn: ['onnxruntime'] });
    expect(foreign).toHaveLength(2 * 2 * 3 * 2 * 3 * 2 * 2);
    expect(foreign.every((cell) => cell.fill === 'additive-inf' && cell['row-guard'] === 'zeros')).toBe(true);
  });
});

describe('what is asked for', () => {
  it('a condition that no cell has is refused with the nearest one', () => {
    expect(() => conditionsFrom('fil=select-inf')).toThrow(/Unknown factor "fil", did you mean fill\?/);
    expect(() => conditionsFrom('fill=select-in')).toThrow(
      /unknown value "select-in", did you mean select-inf\?/,
    );
    expect(() => conditionsFrom('fill=select-inf=x')).toThrow(/unknown value "select-inf=x"/);
    expect(() => conditionsFrom('keys=0;keys=1')).toThrow(
      /keys: expected one value, found 0 and 1.*--keys 0,1/,
    );
    expect(conditionsFrom('device=anything; keys=0')).toEqual({ device: 'anything', keys: '0' });
  });
});
