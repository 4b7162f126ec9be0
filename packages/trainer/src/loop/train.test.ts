import { builtinBackend, type Session } from '@nanscope/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bits, curve, Run, T } from '../testing/noted-run.ts';

const available = new Map<string, string | undefined>();
for (const id of ['wasm', 'tensorflow']) {
  const probe = await builtinBackend(id)!.probe();
  available.set(id, probe.available ? undefined : probe.reason);
}

describe.each(['wasm', 'tensorflow'])('training on %s', (id) => {
  const missing = available.get(id);
  const title = missing ? ` (skipped: ${missing})` : '';
  describe.skipIf(missing !== undefined)(`the loop${title}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await builtinBackend(id)!.open();
    });
    afterAll(() => session?.dispose());

    it('learns, evaluates and saves when it is due, and holds no more memory than at its first step', async () => {
      const run = new Run();
      const { progress, end } = await run.train({ dropout: 0 });
      expect(end).toBe('steps');
      expect(run.steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
      expect(run.steps.at(-1)!.loss).toBeLessThan(run.steps[0]!.loss - 0.8);
      expect(run.validations.map(({ step }) => step)).toEqual([4, 8, 12]);
      expect(run.validations.at(-1)!.loss).toBeLessThan(run.validations[0]!.loss);
      expect(run.saved.map((kept) => kept.progress.step)).toEqual([3, 4, 6, 8, 9, 12]);
      expect(progress).toMatchObject({ step: 12, skipped: 0, best: { step: 12 } });
      expect(new Set(run.steps.slice(1).map(({ bytes }) => bytes)).size).toBe(1);
      expect(run.steps[0]).toMatchObject({
        epoch: 1 / 3,
        learningRate: 0,
        tokens: 8 * (T - 1),
        action: 'update',
      });
      run.close();
    });

    it('goes on from any checkpoint as if it had not stopped, bit for bit', async () => {
      const whole = new Run();
      await whole.train();
      const stops = [1 + Math.floor(Math.random() * 5), 6 + Math.floor(Math.random() * 6)];
      for (const stopAfter of stops) {
        const first = new Run();
        const { end } = await first.train({}, { stopAfter });
        expect([stopAfter, end]).toEqual([stopAfter, 'interrupted']);
        const kept = first.saved.at(-1)!;
        expect(kept.progress.step).toBe(stopAfter);
        const second = new Run();
        await second.train({}, { from: kept });
        expect(curve(second)).toEqual(curve(whole).slice(stopAfter));
        for (const part of ['weights', 'moments'] as const) {
          for (const [name, values] of Object.entries(whole.saved.at(-1)![part]))
            expect(bits(second.saved.at(-1)![part][name]!), name).toEqual(bits(values));
        }
        expect(second.validations.at(-1)).toEqual(whole.validations.at(-1));
        first.close();
        second.close();
      }
      whole.close();
    });

    it('with accumulation takes the steps of the large batch', async () => {
      const [small, large] = [new Run(), new Run()];
      await small.train({ dropout: 0 });
      await large.train({ dropout: 0, batchSize: 8, accumulate: 1 });
      for (const [at, { loss }] of small.steps.entries())
        expect(Math.abs(loss / large.steps[at]!.loss - 1)).toBeLessThan(1e-4);
      small.close();
      large.close();
    });

    it('ends when the validation loss falls no more', async () => {
      const run = new Run();
      const { end } = await run.train({ learningRate: 0, evalEvery: 1, patience: 3 });
      expect(end).toBe('patience');
      expect(run.validations.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
      run.close();
    });
  });
});
