import { builtinBackend, type Session } from '@nanscope/backend';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../optimizer/adamw.ts';
import type { RunProgress } from './plan.ts';
import type {
  NonFiniteStep,
  StepReport,
  TrainHooks,
  Training,
  TrainingRows,
  TrainSettings,
  ValidationReport,
} from './settings.ts';
import { train } from './train.ts';

/** A text of which every byte follows from the one before; rows of 12, all real. */
const T = 12;
const text: TrainingRows = {
  length: 24,
  batch(rows) {
    const ids = rows.flatMap((row) => Array.from({ length: T }, (_, t) => (row * 7 + t * 3) % 64));
    return {
      shape: [rows.length, T],
      inputIds: ids,
      attentionMask: ids.map(() => 1),
      positionIds: ids.map((_, at) => at % T),
      labels: ids,
    };
  },
};

const settings: TrainSettings = {
  implementation: 'sdpa',
  policy: {
    name: 'zero rows',
    fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
  },
  batchSize: 4,
  accumulate: 2,
  steps: 12,
  learningRate: 5e-3,
  schedule: { name: 'cosine', totalSteps: 12, warmupSteps: 2 },
  clip: 1,
  dropout: 0.1,
  seed: 11,
  evalEvery: 4,
  saveEvery: 3,
  onNonFinite: 'stop',
};

interface Kept {
  readonly progress: RunProgress;
  readonly weights: Record<string, Float32Array>;
  readonly moments: Record<string, Float32Array>;
}

const bits = (values: Float32Array) => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

async function host(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, Float32Array>> {
  const read = async ([name, tensor]: [string, tf.Tensor]) => [
    name,
    Float32Array.from((await tensor.data()) as Float32Array),
  ];
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)));
}

/** A run whose hooks note everything; `stopAfter` asks it to stop as Ctrl-C does. */
class Run {
  readonly steps: StepReport[] = [];
  readonly validations: ValidationReport[] = [];
  readonly hits: NonFiniteStep[] = [];
  readonly saved: Kept[] = [];
  model!: CausalLM;
  optimizer!: AdamW;

  /** At 0 the update divides 0 by 0 where a parameter has no gradient. */
  epsilon = 1e-8;

  async open(from?: Kept): Promise<void> {
    this.model = await loadCausalLM({ preset: 'tiny', seed: 3 });
    this.optimizer = new AdamW(this.model.parameters, { weightDecay: 0.1, epsilon: this.epsilon });
    if (from) this.restore(from);
  }

  restore({ progress, weights, moments }: Kept): void {
    const shaped = (tensors: Record<string, Float32Array>, like: Readonly<Record<string, tf.Tensor>>) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, values]) => [name, tf.tensor(values, like[name]!.shape)]),
      );
    const [w, m] = [shaped(weights, this.model.parameters), shaped(moments, this.optimizer.stateTensors())];
    for (const [name, value] of Object.entries(w)) this.model.parameters[name]!.assign(value);
    this.optimizer.load({ steps: progress.step, tensors: m });
    tf.dispose([w, m]);
  }

  async train(
    changes: Partial<TrainSettings> = {},
    {
      from,
      stopAfter = Number.POSITIVE_INFINITY,
      ...more
    }: { from?: Kept; stopAfter?: number } & Partial<Training & TrainHooks> = {},
  ) {
    await this.open(from);
    const hooks: TrainHooks = {
      onStep: (report) => void this.steps.push(report),
      onValidation: (report) => void this.validations.push(report),
      onNonFinite: async (step) => void this.hits.push(step),
      save: async (progress) =>
        void this.saved.push({
          progress,
          weights: await host(this.model.parameters),
          moments: await host(this.optimizer.stateTensors()),
        }),
      stopWanted: () => this.steps.length >= stopAfter,
      ...more,
    };
    const { model, optimizer } = this;
    const own: Training = {
      model,
      optimizer,
      training: text,
      validation: text,
      settings: { ...settings, ...changes },
      ...more,
    };
    return from ? train(own, hooks, from.progress) : train(own, hooks);
  }

  close(): void {
    this.optimizer.dispose();
    this.model.dispose();
  }
}

const curve = (run: Run) => run.steps.map(({ step, loss, gradNorm }) => [step, loss, gradNorm]);

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
    // The first one is told with the weights that gave it, before the update breaks them.
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
