import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM, parseConfig } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { untracedStep } from '../loss/token-losses.ts';
import { AdamW } from '../optimizer/adamw.ts';
import { observedDifference } from './observed.ts';
import type { Observer, Training } from './settings.ts';

beforeAll(async () => {
  await builtinBackend('cpu')!.open();
});

async function runOf(): Promise<Training> {
  const shape = { vocab_size: 8, n_positions: 4, n_embd: 4, n_layer: 1, n_head: 1 };
  const model = await loadCausalLM({ config: parseConfig(shape, 'test'), seed: 1 });
  const ids = [1, 2, 3, 4];
  return {
    model,
    optimizer: new AdamW(model.parameters),
    training: {
      length: 1,
      batch: () => ({
        shape: [1, 4],
        inputIds: ids,
        attentionMask: [1, 1, 1, 1],
        positionIds: [0, 1, 2, 3],
        labels: ids,
      }),
    },
    settings: {
      implementation: 'eager',
      policy: {
        name: 'zero rows',
        fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
        compose: 'and',
        rowGuard: 'zeros',
        computeDtype: 'f32',
      },
      batchSize: 1,
      accumulate: 1,
      steps: 1,
      learningRate: 0.1,
      schedule: { name: 'constant', totalSteps: 1, warmupSteps: 0 },
      dropout: 0,
      seed: 1,
      evalEvery: 0,
      saveEvery: 0,
      onNonFinite: 'stop',
    },
  };
}

const bias = 'transformer.ln_f.bias';

/** Moves one element of one gradient by a rounding, now or every second time. */
function clumsy(): Observer {
  return async (part, work) => {
    const result = work(untracedStep);
    const { gradients } = (result ?? {}) as { gradients?: Record<string, tf.Tensor> };
    if (typeof part.part === 'number' && gradients) {
      const before = gradients[bias]!;
      gradients[bias] = tf.mul(before, 1 + 2 ** -23);
      before.dispose();
    }
    return result;
  };
}

describe('observedDifference', () => {
  it('finds none for an observer that only looks, and leaves weights, optimizer and memory as they were', async () => {
    const run = await runOf();
    const weights = () => Promise.all(Object.values(run.model.parameters).map((one) => one.data()));
    const before = await weights();
    const { numTensors } = tf.memory();
    const found = await observedDifference(run, 0, async (_, work) => work(untracedStep));
    expect(found).toEqual({ compared: expect.any(Number), differing: [], repeats: true });
    // Loss and norm; gradient, value and two moments of each parameter.
    expect(found.compared).toBe(2 + 4 * Object.keys(run.model.parameters).length);
    expect(await weights()).toEqual(before);
    expect(run.optimizer.steps).toBe(0);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('does not tell one NaN from another, but tells one from a number', async () => {
    const run = await runOf();
    run.model.parameters[bias]!.assign(tf.fill([4], Number.NaN));
    const giving =
      (values: Float32Array): Observer =>
      async (part, work) => {
        const result = work(untracedStep);
        const { gradients } = (result ?? {}) as { gradients?: Record<string, tf.Tensor> };
        if (typeof part.part === 'number' && gradients) {
          gradients[bias]!.dispose();
          gradients[bias] = tf.tensor(values);
        }
        return result;
      };
    const words = Uint32Array.of(0x7fc00001, 0xffc00000, 0x7fc12345, 0xffffffff);
    const nans = new Float32Array(words.buffer);
    expect((await observedDifference(run, 0, giving(nans))).differing).toEqual([]);
    const number = giving(Float32Array.of(...nans.subarray(1), 0));
    expect((await observedDifference(run, 0, number)).differing).toContain(`gradient of ${bias}`);
  });

  it('names a gradient that moved by one rounding, and what followed from it', async () => {
    const { differing, repeats } = await observedDifference(await runOf(), 0, clumsy());
    expect(differing).toContain(`gradient of ${bias}`);
    expect(differing).toContain(`exp_avg/${bias}`);
    expect(differing).not.toContain('gradient of transformer.wte.weight');
    expect(repeats).toBe(true);
  });

  it('does not blame the observer of a step that does not repeat itself', async () => {
    const run = await runOf();
    let batches = 0;
    const { training } = run;
    const restless = {
      ...training,
      batch: (rows: readonly number[]) => {
        const batch = training.batch(rows);
        batches++;
        return { ...batch, inputIds: Array.from(batch.inputIds, (id) => (id + batches) % 8) };
      },
    };
    const found = await observedDifference({ ...run, training: restless }, 0, async (_, work) =>
      work(untracedStep),
    );
    expect(found.differing).toContain('loss');
    expect(found.repeats).toBe(false);
  });
});
