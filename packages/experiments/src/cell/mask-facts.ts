/** What the judge of a cascade is told of a cell's mask: which cells are blocked, which queries have no key. */
import type { MaskFacts } from '@nanscope/cascade';
import type { Cell } from './cell.ts';
import { BATCH, type CellBatch, LENGTH } from './cell-batch.ts';

export function maskFactsOf(cell: Cell, { batch, window, explicit }: CellBatch): MaskFacts {
  // A padding mask is always given, so this composition always drops causality.
  const causal = cell.compose !== 'causal-dropped';
  const positions = Array.from({ length: LENGTH }, (_, i) => i);
  const allowed = (row: number, query: number, key: number) =>
    (!causal || key <= query) &&
    (window === undefined || key > query - window) &&
    batch.attentionMask[row * LENGTH + key] === 1 &&
    explicit?.[(row * LENGTH + query) * LENGTH + key] !== 0;
  const rows = Array.from({ length: BATCH }, (_, row) =>
    positions.map((query) => positions.filter((key) => allowed(row, query, key)).length),
  );
  return {
    fullyMasked: rows.map((counts) => positions.filter((query) => counts[query] === 0)),
    blocked: rows.flat().reduce((sum, count) => sum + LENGTH - count, 0),
  };
}
