import { UserError } from '@nanscope/errors';
import { describe, expect, it } from 'vitest';
import { epochsAfter, StepRows, stepsPerEpoch, totalSteps } from './plan.ts';
import { epochOrder, packBlocks, splitRows } from './split.ts';

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const upTo = (size: number) => Array.from({ length: size }, (_, at) => at);

describe('the order of an epoch', () => {
  it('has every row once, the same for a seed and an epoch, another for another', () => {
    for (const size of [0, 1, 2, 7, 1000]) expect(sorted(epochOrder(size, 5, 3))).toEqual(upTo(size));
    expect(epochOrder(50, 5, 3)).toEqual(epochOrder(50, 5, 3));
    expect(epochOrder(50, 5, 3)).not.toEqual(epochOrder(50, 5, 4));
    expect(epochOrder(50, 5, 3)).not.toEqual(epochOrder(50, 6, 3));
  });

  it('puts every row everywhere equally often', () => {
    const seen = Array.from({ length: 5 }, () => [0, 0, 0, 0, 0]);
    for (let epoch = 0; epoch < 5000; epoch++)
      epochOrder(5, 1, epoch).forEach((row, at) => {
        seen[at]![row]!++;
      });
    // 1000 expected, standard deviation 28.
    for (const count of seen.flat()) expect(Math.abs(count - 1000)).toBeLessThan(140);
  });
});

describe('the split', () => {
  it.each(['tail', 'hash'] as const)(
    'by %s shares no row, loses none, and holds back what was asked',
    (rule) => {
      const { training, validation } = splitRows(200, 0.1, rule, 7);
      expect(validation).toHaveLength(20);
      expect(sorted([...training, ...validation])).toEqual(upTo(200));
      expect(splitRows(200, 0.1, rule, 7)).toEqual({ training, validation });
    },
  );

  it('by tail takes the last rows, by hash others for another seed', () => {
    expect(splitRows(10, 0.2, 'tail', 1).validation).toEqual([8, 9]);
    expect(splitRows(200, 0.1, 'hash', 1)).not.toEqual(splitRows(200, 0.1, 'hash', 2));
  });

  it('holds back at least one row and leaves at least one, or nothing at 0', () => {
    expect(splitRows(3, 0.01, 'tail', 0).validation).toEqual([2]);
    expect(splitRows(3, 0.99, 'tail', 0).training).toEqual([0]);
    expect(splitRows(3, 0, 'hash', 0)).toEqual({ training: [0, 1, 2], validation: [] });
  });

  it('refuses one row, and a fraction of all or of nothing', () => {
    expect(() => splitRows(1, 0.1, 'tail', 0)).toThrow(UserError);
    for (const fraction of [1, -0.1, Number.NaN])
      expect(() => splitRows(9, fraction, 'tail', 0)).toThrow(/from 0 to less than 1/);
  });
});

describe('packed blocks', () => {
  const rows = [[1, 2, 3], [4], [5, 6, 7, 8]];

  it('join rows by the end of text and leave out the rest', () => {
    const { ids, count, leftOut } = packBlocks(rows, 99, 4);
    expect([...ids]).toEqual([1, 2, 3, 99, 4, 99, 5, 6]);
    expect([count, leftOut]).toEqual([2, 3]);
    expect([...packBlocks(rows, undefined, 3).ids]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keep every token of a text larger than the first room for it', () => {
    const long = [
      Array.from({ length: 70_000 }, (_, at) => at % 251),
      Array.from({ length: 70_000 }, () => 5),
    ];
    const { ids } = packBlocks(long, 99, 2);
    expect(ids).toHaveLength(140_002);
    expect([ids[69_999], ids[70_000], ids[70_001], ids.at(-1)]).toEqual([69_999 % 251, 99, 5, 99]);
  });

  it('refuse a text that fills none', () => {
    expect(() => packBlocks(rows, 99, 12)).toThrow(/has 11 tokens, expected at least one block of 12/);
  });
});

describe('the plan of a run', () => {
  const plan = { rows: 10, batchSize: 2, accumulate: 2, seed: 3 };

  it('takes every row once an epoch, the last step smaller', () => {
    const rows = new StepRows(plan);
    expect(stepsPerEpoch(plan)).toBe(3);
    const epoch = [0, 1, 2].map((step) => rows.of(step));
    expect(epoch.map((batches) => batches.map((batch) => batch.length))).toEqual([[2, 2], [2, 2], [2]]);
    expect(sorted(epoch.flat(2))).toEqual(upTo(10));
    expect(sorted([3, 4, 5].flatMap((step) => rows.of(step).flat()))).toEqual(upTo(10));
    expect(rows.of(3)).not.toEqual(epoch[0]);
  });

  it('is a function of the step alone, in whatever order it is asked', () => {
    const [one, other] = [new StepRows(plan), new StepRows(plan)];
    const forward = upTo(9).map((step) => one.of(step));
    const back = upTo(9)
      .reverse()
      .map((step) => other.of(step))
      .reverse();
    expect(forward).toEqual(back);
  });

  it('with larger batches sees the same rows in the same order', () => {
    const large = new StepRows({ ...plan, batchSize: 4, accumulate: 1 });
    expect(large.of(1).flat()).toEqual(new StepRows(plan).of(1).flat());
  });

  it('counts steps by number, or by epochs', () => {
    expect(totalSteps(plan, { steps: 7, epochs: 2 })).toBe(7);
    expect(totalSteps(plan, { epochs: 2 })).toBe(6);
    expect(totalSteps(plan, { epochs: 0.5 })).toBe(2);
    expect(epochsAfter(plan, 6)).toBe(2);
  });
});
