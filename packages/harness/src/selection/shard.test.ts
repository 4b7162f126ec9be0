import { describe, expect, it } from 'vitest';
import { timingsOf } from '../matrix/timings.ts';
import { inShard, shardFrom } from './shard.ts';

const ids = Array.from({ length: 500 }, (_, i) => `case:${i}`);
/** A few that take long, as a GPU's first cells do. */
const seconds = new Map(ids.map((id, i) => [id, i % 50 === 0 ? 30 + i / 100 : 0.1 + (i % 7) / 10]));
const parts = (count: number, from: readonly string[], timings?: ReadonlyMap<string, number>) =>
  Array.from({ length: count }, (_, i) => inShard(from, { index: i + 1, count }, timings));
const load = (part: ReadonlySet<string>) => [...part].reduce((sum, id) => sum + seconds.get(id)!, 0);
const spread = (all: readonly ReadonlySet<string>[]) => {
  const loads = all.map(load);
  return Math.max(...loads) / Math.min(...loads);
};

describe('a shard', () => {
  it.each([1, 2, 3, 7])('is one of %d that are disjoint and together the whole', (count) => {
    for (const timings of [undefined, seconds]) {
      const joined = parts(count, ids, timings).flatMap((part) => [...part]);
      expect(joined.sort()).toEqual([...ids].sort());
    }
  });

  it('by hash is about its share, and a case stays in it whatever else is run', () => {
    const all = parts(5, ids);
    for (const part of all) expect(Math.abs(part.size / ids.length - 0.2)).toBeLessThan(0.05);
    const half = parts(5, ids.slice(250));
    half.forEach((part, i) => {
      expect([...part].every((id) => all[i]!.has(id))).toBe(true);
    });
  });

  it('by timings ends when the others do, where a hash would not', () => {
    expect(spread(parts(3, ids))).toBeGreaterThan(1.2);
    expect(spread(parts(3, ids, seconds))).toBeLessThan(1.01);
  });

  it('by timings is the same in whatever order the cases and the timings come', () => {
    const backwards = new Map([...seconds].reverse());
    const again = parts(4, [...ids].reverse(), backwards);
    expect(again.map((part) => [...part].sort())).toEqual(
      parts(4, ids, seconds).map((part) => [...part].sort()),
    );
    expect(timingsOf(backwards).fingerprint).toBe(timingsOf(seconds).fingerprint);
    expect(timingsOf(new Map(seconds).set(ids[0]!, 1)).fingerprint).not.toBe(timingsOf(seconds).fingerprint);
  });

  it('gives a case that the timings do not know the mean of those that they do', () => {
    const known = new Map([
      ['case:a', 5],
      ['case:b', 1],
    ]);
    // 5 + 1 | 3 + 3; as if they weighed nothing, b would be with them.
    const [first, second] = parts(2, ['case:a', 'case:b', 'case:new', 'case:newer'], known);
    expect([[...first!].sort(), [...second!].sort()]).toEqual([
      ['case:a', 'case:b'],
      ['case:new', 'case:newer'],
    ]);
    expect(() => inShard(['x'], { index: 1, count: 2 }, known)).toThrow(/found none of 1/);
  });

  it.each(['', '0/4', '5/4', '1', 'a/b', '1/0', '-1/2', '1/9999999999'])('"%s" is refused', (text) => {
    expect(() => shardFrom(text)).toThrow(/expected I\/N/);
  });
});
