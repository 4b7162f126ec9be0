import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cell, cellId, plainCell } from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendCells, readCells, resumeCells } from './cells-file.ts';

const cell: Cell = { ...plainCell, device: 'wasm' };
const observed: CellResult = {
  cell,
  observation: {
    ...{ layers: [['..'], ['NN']], nanMap: 'whole-sequence', leak: 'none', loss: 'NaN', gradients: 'none' },
    ...{ origin: 'x', lossValue: Number.NaN, rowLosses: [Number.NaN, 3], leaks: [[0, 2]] },
    ...{ nanGradients: 0, parameters: 16, originKey: '' },
  },
};
const refused: CellResult = { seconds: 0.25, cell: { ...cell, keys: '1' }, refused: 'it has no such kernel' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cells-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, 'cells.jsonl');
const text = () => readFileSync(path(), 'utf8');

describe('cells.jsonl', () => {
  it('is read back as it was written, NaN as NaN', () => {
    appendCells(folder, [observed, refused]);
    expect([...readCells(folder).values()]).toEqual([observed, refused]);
  });

  it('loses a line that was cut off, and nothing else', () => {
    appendCells(folder, [observed]);
    const whole = text();
    writeFileSync(path(), `${whole}{"id":"dev`);
    expect([...readCells(folder).keys()]).toEqual([cellId(cell)]);
    expect(text()).toBe(`${whole}{"id":"dev`);
    expect([...resumeCells(folder).keys()]).toEqual([cellId(cell)]);
    expect(text()).toBe(whole);
  });

  it.each([
    ['a line of something else', '{"a":1}'],
    ['a cell without an observation', JSON.stringify({ id: cellId(cell) })],
    ['a cell that lacks a factor', JSON.stringify({ id: 'keys=0', refused: 'x' })],
    [
      'a cell of a factor that there is not',
      JSON.stringify({ id: `${cellId(cell)};moon=full`, refused: 'x' }),
    ],
  ])('with %s is refused in one line, and left as it is', (_name, line) => {
    appendCells(folder, [observed]);
    const before = `${text()}${line}\ncut off`;
    writeFileSync(path(), before);
    expect(() => resumeCells(folder)).toThrow(/cells\.jsonl, line 2: expected an observed cell, found "/);
    expect(text()).toBe(before);
  });
});
