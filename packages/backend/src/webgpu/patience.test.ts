import { setImmediate as promised } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { restAfter, waitPatiently } from './patience.ts';

/** A function as a native module makes it. */
const native = (body: () => void) =>
  Object.defineProperties(body.bind(undefined), { name: { value: '' }, prototype: { value: {} } });

const patient = () => {
  const scope = { setImmediate, setTimeout };
  waitPatiently(scope);
  const once = scope.setImmediate;
  waitPatiently(scope);
  expect(scope.setImmediate).toBe(once);
  return scope;
};

it('the rest grows with the wait, to a millisecond', () => {
  const rests = (step: number) => [0, 0.16, 8, 16, 200, 60_000].map((waited) => restAfter(waited, step));
  expect(rests(0.02)).toEqual([0, 0, 0.5, 1, 1, 1]);
  // Where time goes in large steps, a rest is worth it after long waits alone.
  expect(rests(16)).toEqual([0, 0, 0, 0, 0, 16]);
});

const coarse = process.platform === 'win32';

describe.skipIf(coarse)(
  `a wait${coarse ? ' (skipped: time goes in steps of 15.6 ms on Windows)' : ''}`,
  () => {
    /** How often something is asked that takes so many milliseconds. */
    async function questions(
      ms: number,
      ask: (question: () => void) => unknown,
      made: (body: () => void) => () => void = native,
    ): Promise<number> {
      let count = 0;
      const began = performance.now();
      await new Promise<void>((done) => {
        const question = made(() => {
          count += 1;
          if (performance.now() - began > ms) done();
          else ask(question);
        });
        ask(question);
      });
      return count;
    }

    it('asks a native question seldom, and calls every other function at once', async () => {
      const scope = patient();
      const ask = (question: () => void) => scope.setImmediate(question);
      const seldom = await questions(80, ask);
      expect((await questions(80, ask, (body) => body)) / seldom).toBeGreaterThan(3);
    });

    it('begins each wait anew', async () => {
      const scope = patient();
      const ask = (question: () => void) => scope.setImmediate(question);
      const [first, second] = [await questions(10, ask), await questions(10, ask)];
      // Were the second taken for a part of the first, it would be asked once a millisecond from its start.
      expect(second / first).toBeGreaterThan(0.3);
    });
  },
);

it('takes no promise for a question', async () => {
  const { setImmediate: soon } = patient();
  // A promise's own function is native as well, and comes with what it is resolved with.
  expect(await new Promise((done) => soon(done, 'value'))).toBe('value');
  const passed: unknown[] = [];
  const scope = {
    setTimeout,
    setImmediate: ((callback: unknown) => passed.push(callback)) as unknown as typeof setImmediate,
  };
  waitPatiently(scope);
  const question = native(() => {});
  await new Promise<void>((done) => {
    scope.setImmediate(done);
    scope.setImmediate(question);
    expect([passed[0] === done, passed[1] === question]).toEqual([true, false]);
    done();
  });
});

it('passes arguments on, can be cleared, and has its promise', async () => {
  const scope = patient();
  expect(await new Promise((done) => scope.setImmediate((...given) => done(given), 1, 'b'))).toEqual([
    1,
    'b',
  ]);
  clearImmediate(scope.setImmediate(() => expect.unreachable()));
  await promised();
  expect(await promisify(scope.setImmediate)('value')).toBe('value');
});
