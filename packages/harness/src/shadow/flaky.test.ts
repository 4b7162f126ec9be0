import type { SampleLine } from '@nanscope/record';
import { describe, expect, it } from 'vitest';

import { compareReplays } from './investigate.ts';

const line = (row: number, losses: SampleLine['losses']): SampleLine => ({
  ...{ row, tokens: losses.length + 1, first: 0, labels: losses.map(() => 7), answers: losses.map(() => 7) },
  positions: losses.map((_, i) => i + 1),
  losses,
});
const run = [line(4, [1.5, 'NaN']), line(5, ['Infinity', 0])];
const again = Float32Array.of(1.5, Number.NaN, Number.POSITIVE_INFINITY, 0);

describe('compareReplays', () => {
  it('the same losses, NaN and all: nothing changed', () => {
    expect(compareReplays('target', run, [again, again])).toEqual({ role: 'target', changed: 0, labels: 0 });
  });

  it('counts replays and labels, and names the first label with its row and position', () => {
    const other = Float32Array.of(1.5, Number.NaN, 3, -1);
    const moved = Float32Array.of(1.5, Number.NaN, 4, 0);
    expect(compareReplays('reference', run, [again, other, moved])).toEqual({
      ...{ role: 'reference', changed: 2, labels: 2 },
      first: { row: 5, position: 1, run: 'Infinity', replay: 3 },
    });
  });

  it.each([
    ['a last bit', [1.5 + 2 ** -23, Number.NaN, Number.POSITIVE_INFINITY, 0]],
    ['a class', [1.5, 1, Number.POSITIVE_INFINITY, 0]],
    ['a label more', [1.5, Number.NaN, Number.POSITIVE_INFINITY, 0, 1]],
    ['a label less', [1.5, Number.NaN, Number.POSITIVE_INFINITY]],
  ])('%s is a change', (_, losses) => {
    expect(compareReplays('target', run, [Float32Array.from(losses)]).changed).toBe(1);
  });
});
