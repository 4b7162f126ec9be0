import { describe, expect, it } from 'vitest';
import { OneAhead } from './one-ahead.ts';

function source(failsAt = Number.POSITIVE_INFINITY) {
  const seen: string[] = [];
  async function* items() {
    try {
      for (let i = 0; i < 4; i++) {
        seen.push(`made ${i}`);
        if (i === failsAt) throw new Error(`no ${i}`);
        yield i;
      }
    } finally {
      seen.push('closed');
    }
  }
  return { seen, items: new OneAhead(items()) };
}

const all = ['made 0', 'got 0', 'made 1', 'got 1', 'made 2', 'got 2', 'made 3', 'got 3', 'closed'];

describe('a source that is asked ahead', () => {
  it('gives every item in order, and makes none before it is asked', async () => {
    const { seen, items } = source();
    for await (const item of items) seen.push(`got ${item}`);
    expect(seen).toEqual(all);
  });

  it('makes one while the last is worked on, however often it is asked', async () => {
    const { seen, items } = source();
    for await (const item of items) {
      items.ask();
      items.ask();
      await Promise.resolve();
      seen.push(`got ${item}`);
    }
    expect(seen).toEqual([
      ...['made 0', 'made 1', 'got 0', 'made 2', 'got 1', 'made 3', 'got 2', 'closed', 'got 3'],
    ]);
  });

  it('throws what went wrong with an item when its turn comes, after the work on the one before', async () => {
    const { seen, items } = source(1);
    const run = async () => {
      for await (const item of items) {
        items.ask();
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(`got ${item}`);
      }
    };
    await expect(run()).rejects.toThrow('no 1');
    expect(seen).toEqual(['made 0', 'made 1', 'closed', 'got 0']);
  });

  it('is closed where the work fails', async () => {
    const { seen, items } = source();
    const run = async () => {
      for await (const _item of items) {
        items.ask();
        throw new Error('the work');
      }
    };
    await expect(run()).rejects.toThrow('the work');
    expect(seen).toEqual(['made 0', 'made 1', 'closed']);
  });
});
