import { describe, expect, it } from 'vitest';
import { type Cell, factors, plainCell } from '../cell/cell.ts';
import { cellsOf, minimalSufficientSets } from './conditions.ts';

const single = Object.fromEntries(Object.entries({ ...plainCell, device: 'wasm' }).map(([k, v]) => [k, [v]]));
const table = (values: Partial<Record<keyof Cell, readonly string[]>>) =>
  cellsOf({ ...single, ...values } as never);
const setsOf = (cells: readonly Cell[], shows: (cell: Cell) => boolean) =>
  minimalSufficientSets(cells, cells.map(shows)).map(({ conditions, cells: met }) => [conditions, met]);

const cells = table({
  attn: ['eager', 'sdpa'],
  fill: ['select-inf', 'additive-inf', 'finfo-min'],
  keys: ['0', '1', '2'],
  'row-guard': ['none', 'zeros'],
});

describe('minimal sufficient sets', () => {
  it('of a conjunction is that conjunction, with the values of a condition named together', () => {
    const shows = ({ fill, keys }: Cell) => fill !== 'finfo-min' && keys === '0';
    expect(setsOf(cells, shows)).toEqual([[{ fill: ['select-inf', 'additive-inf'], keys: ['0'] }, 8]]);
  });

  it('of an alternative are both sides, and neither holds more than it needs', () => {
    const shows = ({ attn, keys }: Cell) => attn === 'eager' || keys === '2';
    expect(setsOf(cells, shows)).toEqual([
      [{ attn: ['eager'] }, 18],
      [{ keys: ['2'] }, 12],
    ]);
  });

  it('of what never happens are none, of what always happens is the empty one', () => {
    expect(setsOf(cells, () => false)).toEqual([]);
    expect(setsOf(cells, () => true)).toEqual([[{}, cells.length]]);
  });

  it('name a factor that does nothing where its values do not meet the same cells', () => {
    const part = cells.filter((cell) => cell.attn === 'eager' || cell['row-guard'] === 'zeros');
    // Those of sdpa are all guarded, so that either says as much.
    expect(setsOf(part, (cell) => cell['row-guard'] === 'zeros')).toEqual([
      [{ attn: ['sdpa'] }, 9],
      [{ 'row-guard': ['zeros'] }, 18],
    ]);
    const shown = setsOf(part, (cell) => cell.attn === 'sdpa' || cell['row-guard'] === 'none');
    expect(shown).toEqual([
      [{ attn: ['sdpa'] }, 9],
      [{ 'row-guard': ['none'] }, 9],
    ]);
  });

  it('of a table of every value of every factor are found in seconds', () => {
    const all = cellsOf({ ...factors, attn: ['eager', 'sdpa'], device: ['wasm', 'gpu'], row: ['0'] });
    const shows = ({ fill, keys, mode }: Cell) => fill !== 'finfo-min' && keys === '0' && mode === 'training';
    const started = performance.now();
    expect(setsOf(all, shows)).toEqual([
      [
        {
          fill: ['select-inf', 'additive-inf', 'additive-finfo-min'],
          keys: ['0'],
          mode: ['training'],
        },
        all.length / 8,
      ],
    ]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('are sufficient, minimal and complete for any table', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const shows = cells.map((_cell, i) => (Math.imul((i + 1) * seed, 0x9e3779b1) >>> 28) % 3 === 0);
      const sets = minimalSufficientSets(cells, shows);
      const meets = (cell: Cell, conditions: object) =>
        Object.entries(conditions).every(([name, values]) => values.includes(cell[name as keyof Cell]));
      for (const { conditions } of sets) {
        const met = cells.filter((cell) => meets(cell, conditions));
        expect(met.length).toBeGreaterThan(0);
        expect(met.every((cell) => shows[cells.indexOf(cell)])).toBe(true);
        for (const name of Object.keys(conditions)) {
          const less = Object.fromEntries(Object.entries(conditions).filter(([other]) => other !== name));
          expect(cells.filter((cell) => meets(cell, less)).every((cell) => shows[cells.indexOf(cell)])).toBe(
            false,
          );
        }
      }
      cells.forEach((cell, i) => {
        expect(sets.some(({ conditions }) => meets(cell, conditions))).toBe(shows[i]);
      });
    }
  });
});
