import type { CascadeRow } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { bothNaN, nanEvents, nanRows, noReference } from '../fixtures.ts';
import { cascadeRows, layerBlocks, rowsOfEvents } from './rows.ts';

const row = (
  layer: string,
  op: string,
  opClass: 'clean' | 'prop' | 'gen' | 'kill',
  more: Partial<CascadeRow> = {},
): CascadeRow => {
  const cell = { class: opClass, nan: 1, inf: 0, size: 4 };
  return { key: op, layer, op, target: cell, reference: cell, diverges: false, ...more };
};
const many = (count: number, opClass: 'clean' | 'prop', layer = 'h.0'): CascadeRow[] =>
  Array.from({ length: count }, (_, index) => row(layer, `op${index}`, opClass));

describe('layerBlocks', () => {
  it('folds a clean stretch into its count', () => {
    expect(layerBlocks(many(41, 'clean'))[0]!.entries).toEqual([{ kind: 'clean', ops: 41 }]);
  });

  it('folds a long run that passes a value on, keeping its ends', () => {
    const kinds = (rows: CascadeRow[]): string[] => layerBlocks(rows)[0]!.entries.map(({ kind }) => kind);
    expect(kinds(many(5, 'prop'))).toEqual(Array(5).fill('row'));
    expect(kinds(many(6, 'prop'))).toEqual(['row', 'row', 'passed', 'row']);
    expect(layerBlocks(many(20, 'prop'))[0]!.entries[2]).toEqual({ kind: 'passed', ops: 17 });
  });

  it('never folds an origin, a divergence, a kill or a benign op', () => {
    const special = [
      row('h.0', 'a', 'prop', { origin: 'both' }),
      row('h.0', 'b', 'prop', { diverges: true }),
      row('h.0', 'c', 'kill'),
      row('h.0', 'd', 'prop', { benign: 'meant' }),
      row('h.0', 'e', 'clean', { diverges: true }),
    ];
    const rows = special.flatMap((item) => [...many(8, 'prop'), item]);
    const shown = layerBlocks(rows)[0]!.entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []));
    for (const item of special) expect(shown).toContain(item);
  });

  it('counts every op once, shown or folded', () => {
    const total = layerBlocks([...nanRows])
      .flatMap(({ entries, ops, repeats }) => [
        ...entries.map((entry) => (entry.kind === 'row' ? 1 : entry.ops)),
        ops * repeats.length,
      ])
      .reduce((sum, value) => sum + value, 0);
    expect(total).toBe(nanRows.length);
  });

  it('folds layers that do the same, not those where something is born or differs', () => {
    const rows = [1, 2, 3, 4].flatMap((layer) => many(3, 'prop', `h.${layer}`));
    expect(layerBlocks(rows)).toMatchObject([{ layer: 'h.1', repeats: ['h.2', 'h.3', 'h.4'], ops: 3 }]);
    rows[4] = { ...rows[4]!, diverges: true };
    expect(layerBlocks(rows).map(({ layer }) => layer)).toEqual(['h.1', 'h.2', 'h.3']);
  });
});

describe('cascadeRows', () => {
  it('takes the comparison, else the lane that has events', () => {
    expect(cascadeRows(bothNaN)).toBe(bothNaN.comparison!.cascade);
    const rows = cascadeRows(noReference);
    expect(rows.find((item) => item.origin !== undefined)).toMatchObject({
      origin: 'target',
      op: 'attn.probs Softmax',
    });
    expect(rows.every((item) => item.reference === undefined)).toBe(true);
  });

  it('shows one batch, that of the origin', () => {
    const later = nanEvents.map((event) => ({ ...event, key: `${event.key}x`, batch: 1 }));
    const rows = rowsOfEvents([...nanEvents, ...later], 'target', later[5]!.key);
    expect(rows).toHaveLength(later.length);
    expect(rows.every(({ key }) => key.endsWith('x'))).toBe(true);
  });
});
