/** What a step that is not finite does to the run, and where it is traced back to. */
import { builtinBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { host, type Kept, Run, T } from '../testing/noted-run.ts';
import type { RunProgress } from './plan.ts';
import type { StepReport } from './settings.ts';

describe('a step that is not finite', () => {
  beforeAll(async () => void (await builtinBackend('wasm')!.open()));

  /** The scores of attention overflow from step 3 on: a weight is made huge after step 2. */
  const spoil = (run: Run) => ({
    onStep(report: StepReport) {
      run.steps.push(report);
      if (report.step !== 2) return;
      const weight = run.model.parameters['transformer.h.0.attn.c_attn.weight']!;
      const huge = tf.fill(weight.shape, 1e30);
      weight.assign(huge);
      huge.dispose();
    },
  });

  it('stops the run before the update, with the step to compute again, and the state before it saved', async () => {
    const run = new Run();
    const { progress, end } = await run.train({ saveEvery: 0 }, spoil(run));
    expect([end, progress.step]).toEqual(['non-finite', 2]);
    expect(run.steps.at(-1)).toMatchObject({ step: 3, action: 'stop' });
    expect(run.hits).toHaveLength(1);
    expect(run.hits[0]).toMatchObject({ step: 3, action: 'stop', weightsFinite: true });
    expect(run.saved.at(-1)!.progress.step).toBe(2);
    const parts: unknown[] = [];
    await run.hits[0]!.replay(async ({ step, part, batch }, work) => {
      parts.push([step, part, batch?.shape]);
      return work((_, inner) => inner());
    });
    expect(parts).toEqual([
      [2, 0, [4, T]],
      [2, 1, [4, T]],
      [2, 'norm', undefined],
    ]);
    run.close();
  });

  it.each(['skip', 'continue'] as const)('under %s the run goes to its end', async (onNonFinite) => {
    const run = new Run();
    const { progress, end } = await run.train({ onNonFinite, steps: 5, saveEvery: 2 }, spoil(run));
    expect(end).toBe('steps');
    const action = onNonFinite === 'skip' ? 'skip' : 'update';
    expect(run.hits.map(({ step, action }) => [step, action])).toEqual(
      [3, 4, 5].map((step) => [step, action]),
    );
    expect(progress.skipped).toBe(onNonFinite === 'skip' ? 3 : 0);
    // The first one is reported with the weights that gave it, before the update breaks them.
    const finite = onNonFinite === 'skip' ? [true, true, true] : [true, false, false];
    expect(run.hits.map(({ weightsFinite }) => weightsFinite)).toEqual(finite);
    // What was broken by going on is not saved over the last good state.
    expect(run.saved.at(-1)!.progress.step).toBe(onNonFinite === 'skip' ? 5 : 2);
    run.close();
  });

  it('gives the event loop a turn at every step: a stop that arrives as an event is heard', async () => {
    const run = new Run();
    let stop = false;
    setTimeout(() => {
      stop = true;
    }, 1);
    const { end } = await run.train({ steps: 400, evalEvery: 0, saveEvery: 0 }, { stopWanted: () => stop });
    expect(end).toBe('interrupted');
    run.close();
  });

  it('after an update that breaks the weights is traced back to that update', async () => {
    const run = new Run();
    run.epsilon = 0;
    const start: RunProgress = { step: 0, tokens: 0, skipped: 0, sinceBest: 0 };
    let first: Kept | undefined;
    const found: (number | undefined)[] = [];
    const updates: number[] = [];
    await run.train(
      { schedule: { name: 'constant', totalSteps: 12 } },
      {
        async onNonFinite({ weightsFinite, redo }) {
          expect(weightsFinite).toBe(false);
          const restore = async () => run.restore(first!);
          const observed = await redo(start, restore, async ({ step, part }, work) => {
            if (part === 'update') updates.push(step);
            return work((_, inner) => inner());
          });
          found.push(observed);
        },
        onStep(report) {
          run.steps.push(report);
        },
        observe: async (_, work) => {
          first ??= {
            progress: start,
            weights: await host(run.model.parameters),
            moments: await host(run.optimizer.stateTensors()),
          };
          return work((_phase, inner) => inner());
        },
      },
    );
    const broken = found[0]!;
    expect(broken).toBe(run.steps.at(-1)!.step - 1);
    expect(updates).toEqual([broken - 1]);
    expect(run.saved).toEqual([]);
    run.close();
  });
});
