import { describe, expect, it } from 'vitest';
import { type Answer, type Pass, search, shorterLists } from './search.ts';

/** A case is a list of numbers; small steps take one away. */
type Numbers = readonly number[];
const lists: Pass<Numbers> = { name: 'list', candidates: (current) => shorterLists(current, 0) };
const keyOf = (candidate: Numbers) => candidate.join();
const hundred = Array.from({ length: 100 }, (_, i) => i);

/** Searches, and counts how often each case was asked for. */
async function searched(fails: (candidate: Numbers) => boolean | Answer, start = hundred) {
  const asked: string[] = [];
  const result = await search(start, {
    passes: [lists],
    keyOf,
    ask: async (candidate) => {
      asked.push(keyOf(candidate));
      const answer = fails(candidate);
      return typeof answer === 'string' ? answer : answer ? 'fails' : 'passes';
    },
  });
  return { ...result, asked };
}

const holds =
  (...wanted: number[]) =>
  (candidate: Numbers) =>
    wanted.every((n) => candidate.includes(n));

describe('search', () => {
  it.each([
    ['one element', [41]],
    ['two neighbours', [50, 51]],
    ['two at the ends', [0, 99]],
    ['several', [3, 33, 64, 65, 97]],
    ['nothing at all', []],
  ])('finds exactly what the fault needs: %s', async (_, wanted) => {
    const { smallest, minimal } = await searched(holds(...wanted));
    expect([smallest, minimal]).toEqual([wanted, true]);
  });

  it.each([
    ['a sum', (list: Numbers) => list.reduce((a, b) => a + b, 0) >= 300],
    ['an even length', (list: Numbers) => list.length % 2 === 0 && holds(7)(list)],
    ['either of two', (list: Numbers) => list.includes(20) || list.includes(80)],
  ])('its result fails, and no list with one element less does: %s', async (_, fails) => {
    const { smallest, minimal } = await searched(fails);
    expect(minimal).toBe(true);
    expect(fails(smallest)).toBe(true);
    for (const out of smallest) expect(fails(smallest.filter((n) => n !== out))).toBe(false);
  });

  it('asks for no case twice, not for the first one, and always the same', async () => {
    const fails = holds(3, 64, 97);
    const [first, second] = [await searched(fails), await searched(fails)];
    expect(new Set(first.asked).size).toBe(first.asked.length);
    expect(first.asked).not.toContain(keyOf(hundred));
    expect(first.tried).toBe(first.asked.length);
    expect(second.asked).toEqual(first.asked);
    expect(first.tried).toBeLessThan(100);
  });

  it('what fails in another way, or cannot be computed, is no step', async () => {
    const { smallest, neighbours } = await searched((list) =>
      list.length < 3 ? 'broken' : list.includes(5) ? 'fails' : 'other',
    );
    expect(smallest).toHaveLength(3);
    expect(smallest).toContain(5);
    expect(new Set(neighbours.map(({ answer }) => answer))).toEqual(new Set(['broken']));
  });

  it('keeps the steps from the result that were tried, with their answers', async () => {
    const { neighbours } = await searched(holds(3, 64));
    expect(neighbours).toContainEqual({ pass: 'list', candidate: [3], answer: 'passes' });
    expect(neighbours).toContainEqual({ pass: 'list', candidate: [64], answer: 'passes' });
  });

  it('ends where it may not go on, with the smallest so far, and says that it is not minimal', async () => {
    let left = 4;
    const result = await search<Numbers>(hundred, {
      passes: [lists],
      keyOf,
      ask: async (candidate) => (holds(3, 64)(candidate) ? 'fails' : 'passes'),
      mayGoOn: () => left-- > 0,
    });
    expect(result.minimal).toBe(false);
    expect(result.tried).toBe(4);
    expect(holds(3, 64)(result.smallest)).toBe(true);
  });

  it('goes round again when a later pass made room for an earlier one', async () => {
    type Pair = { readonly a: number; readonly b: number };
    const down = (name: 'a' | 'b'): Pass<Pair> => ({
      name,
      candidates: (pair) => (pair[name] > 0 ? [{ ...pair, [name]: pair[name] - 1 }] : []),
    });
    const { smallest } = await search<Pair>(
      { a: 3, b: 3 },
      {
        passes: [down('a'), down('b')],
        keyOf: ({ a, b }) => `${a},${b}`,
        ask: async ({ a, b }) => (a >= b && a > 0 ? 'fails' : 'passes'),
      },
    );
    expect(smallest).toEqual({ a: 1, b: 0 });
  });
});

describe('shorterLists', () => {
  it('ends with every list that leaves out one element, keeps the order, and none below the least', () => {
    for (const least of [0, 1, 2]) {
      const found = [...shorterLists([1, 2, 3, 4, 5], least)];
      for (const out of [1, 2, 3, 4, 5])
        expect(found).toContainEqual([1, 2, 3, 4, 5].filter((n) => n !== out));
      for (const list of found) {
        expect(list.length).toBeGreaterThanOrEqual(least);
        expect(list.length).toBeLessThan(5);
        expect([...list].sort()).toEqual(list);
      }
    }
    expect([...shorterLists([1, 2], 2)]).toEqual([]);
    expect([...shorterLists([1, 2, 3], 2)]).toEqual(
      expect.arrayContaining([
        [1, 2],
        [1, 3],
        [2, 3],
      ]),
    );
  });
});
