/**
 * The same recipe on every backend this machine has: the first 20 losses and gradient norms agree with plain
 * JavaScript, dropout included, and a CPU backend gives the same bits each time.
 */

import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { byteTokenizer, collateCausalLM, markovCorpus } from '@nanscope/collator';
import { loadCausalLM } from '@nanscope/model';
import { AdamW, type StepReport, type TrainHooks, type TrainingRows, train } from '@nanscope/trainer';
import { beforeAll, expect, it } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

const STEPS = 20;
const LENGTH = 48;

const tokenizer = byteTokenizer();
const lines = Array.from(markovCorpus({ seed: 3, lines: 64 }), (text) => ({
  ids: Int32Array.from(tokenizer.encode(text)),
}));
/** Lines of different lengths, padded on the left. */
const training: TrainingRows = {
  length: lines.length,
  batch(rows) {
    const batch = collateCausalLM(
      rows.map((row) => lines[row]!),
      {
        paddingSide: 'left',
        padTokenId: tokenizer.padTokenId!,
        maxLength: LENGTH,
        positionIds: 'mask',
        vocabSize: tokenizer.vocabSize,
      },
    );
    return { ...batch, shape: [batch.batch, batch.length] };
  },
};

type Curve = readonly Pick<StepReport, 'loss' | 'gradNorm'>[];

async function curve(): Promise<Curve> {
  const model = await loadCausalLM({ preset: 'tiny', seed: 5 });
  const optimizer = new AdamW(model.parameters);
  const reports: StepReport[] = [];
  const hooks: TrainHooks = {
    onStep: (report) => void reports.push(report),
    onValidation() {},
    async onNonFinite({ reason }) {
      throw new Error(reason);
    },
    async save() {},
    stopWanted: () => false,
  };
  const settings = {
    implementation: 'sdpa',
    policy: policies.safe,
    batchSize: 4,
    accumulate: 1,
    steps: STEPS,
    learningRate: 3e-3,
    schedule: { name: 'cosine', totalSteps: STEPS, warmupSteps: 2 },
    clip: 1,
    dropout: 0.1,
    seed: 5,
    evalEvery: 0,
    saveEvery: 0,
    onNonFinite: 'stop',
  } as const;
  await train({ model, optimizer, training, settings }, hooks);
  optimizer.dispose();
  model.dispose();
  return reports.map(({ loss, gradNorm }) => ({ loss, gradNorm }));
}

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

let expected: Curve;
beforeAll(async () => {
  const session = await builtinBackend('cpu').open();
  expected = await curve();
  await session.dispose();
}, 120_000);

it('learns, so that the losses say something', () => {
  expect(expected).toHaveLength(STEPS);
  expect(expected[0]!.loss).toBeCloseTo(Math.log(tokenizer.vocabSize), 1);
  expect(expected.at(-1)!.loss).toBeLessThan(4);
});

onEveryBackend(({ id }) => {
  let actual: Curve;
  beforeAll(async () => {
    actual = await curve();
  }, 240_000);

  it(`takes the same ${STEPS} steps to 1e-4`, () => {
    for (const [step, { loss, gradNorm }] of expected.entries()) {
      expect(relative(actual[step]!.loss, loss), `loss of step ${step + 1}`).toBeLessThan(1e-4);
      expect(relative(actual[step]!.gradNorm, gradNorm), `norm of step ${step + 1}`).toBeLessThan(1e-3);
    }
  });

  // A GPU may order its sums differently from one run to the next.
  if (id !== 'webgpu')
    it('gives the same bits again', async () => {
      // In plain JavaScript the curve that all are held against was the first time.
      expect(id === 'cpu' ? expected : await curve()).toEqual(actual);
    }, 120_000);
});
