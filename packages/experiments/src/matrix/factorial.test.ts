import { describe, expect, it } from 'vitest';
import { cellId, conditionsFrom, factors } from '../cell/cell.ts';
import { cellsOf, inShard, shardFrom } from './factorial.ts';

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

  it('are divided over shards: each in exactly one, none of them empty or twice as large as its share', () => {
    const counts = [1, 2, 3, 4, 5].map((index) => {
      const own = cells.filter((cell) => inShard(cell, { index, count: 5 }));
      return own.length;
    });
    expect(counts.reduce((a, b) => a + b)).toBe(cells.length);
    for (const n of counts) expect(Math.abs(n / cells.length - 0.2)).toBeLessThan(0.05);
  });
});

describe('what is asked for', () => {
  it.each(['', '0/4', '5/4', '1', 'a/b', '1/0', '-1/2'])('a shard "%s" is refused', (text) => {
    expect(() => shardFrom(text)).toThrow(/expected I\/N/);
  });

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
