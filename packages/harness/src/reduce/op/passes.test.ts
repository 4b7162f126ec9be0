import type { CapturedInput } from '@nanscope/cascade';
import type { Replayable } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { search } from '../search/search.ts';
import { axisGroups, cutAxis, opKey, opPasses } from './passes.ts';

const operand = (name: string, shape: number[], values: readonly number[]): CapturedInput => ({
  ...{ name, shape, dtype: 'float32', from: { external: name } },
  values: Float32Array.from(values),
});
const counted = (n: number) => Array.from({ length: n }, (_, i) => i + 0.125);
const call = (kernel: string, inputs: CapturedInput[], attrs = {}): Replayable => ({ kernel, attrs, inputs });

describe('axes', () => {
  it('are cut to the indices that are kept', () => {
    const cut = cutAxis(operand('x', [2, 3], [0, 1, 2, 3, 4, 5]), 1, [0, 2]);
    expect(cut.shape).toEqual([2, 2]);
    expect([...cut.values]).toEqual([0, 2, 3, 5]);
  });

  it('of what is broadcast, of a product and of its bias go together', () => {
    const added = axisGroups(call('Add', [operand('a', [2, 3], counted(6)), operand('b', [3], counted(3))]));
    expect(added).toContainEqual([
      { input: 0, axis: 1 },
      { input: 1, axis: 0 },
    ]);
    const product = axisGroups(
      call('Linear', [
        operand('a', [2, 3], counted(6)),
        operand('b', [3, 4], counted(12)),
        operand('bias', [4], counted(4)),
      ]),
    );
    expect(product).toContainEqual([
      { input: 0, axis: 1 },
      { input: 1, axis: 0 },
    ]);
    expect(product).toContainEqual([
      { input: 1, axis: 1 },
      { input: 2, axis: 0 },
    ]);
  });
});

/** Searches for the smallest call that is wrong by a rule; a call whose shapes do not fit is broken. */
const smallest = async (whole: Replayable, element: number, isWrong: (op: Replayable) => boolean) => {
  const result = await search(whole, {
    passes: opPasses(element),
    ask: async (op) => (isWrong(op) ? 'fails' : 'passes'),
    keyOf: opKey,
  });
  expect(result.minimal).toBe(true);
  return result;
};

describe('a search', () => {
  it('ends at one element of few digits, with one beside it that is right', async () => {
    const values = counted(24).map((value) => -value);
    const { smallest: found, neighbours } = await smallest(
      call('Exp', [operand('x', [2, 3, 4], values)]),
      17,
      ({ inputs }) => inputs[0]!.values.some((value) => value < -6),
    );
    expect(found.inputs[0]).toMatchObject({ shape: [1], values: Float32Array.of(-20) });
    expect(neighbours.some(({ answer }) => answer === 'passes')).toBe(true);
  });

  it('keeps the terms of a sum that it takes', async () => {
    const x = operand('x', [2, 6], [1, 1, 1, 1, 1, 1, 9, 0.5, 9, 0.5, 0.5, 9]);
    const { smallest: found } = await smallest(call('Sum', [x], { axis: [1] }), 1, ({ inputs: [one] }) => {
      const width = one!.shape.at(-1)!;
      const row = [...one!.values].slice(-width);
      return one!.shape.length === 2 && row.filter((value) => value > 2).length >= 2;
    });
    expect(found.inputs[0]!.shape).toEqual([1, 2]);
  });
});
