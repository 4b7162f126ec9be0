/** Opens every backend this machine has and holds GPT-2 on it against the independent reference. */
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference } from './compare.ts';
import { expectedTensors, gpt2Cases, runCase } from './gpt2-cases.ts';
import { onEveryBackend } from './on-every-backend.ts';
import { vectorFolder } from './vectors.ts';

const folder = vectorFolder('gpt2-ref');
describe.skipIf(folder === undefined)(
  `gpt2-ref${folder === undefined ? ' (skipped: ../shared/vectors is not beside this checkout)' : ''}`,
  () => {
    onEveryBackend(({ id }) => {
      let model: CausalLM;
      beforeAll(async () => {
        model = await loadCausalLM({ directory: folder! });
      });
      afterAll(async () => {
        model?.dispose();
      });

      for (const item of folder === undefined ? [] : gpt2Cases(folder)) {
        for (const implementation of ['eager', 'sdpa'] as const) {
          it(`${item.id};implementation=${implementation}`, async () => {
            const before = tf.memory().numTensors;
            const actual = await runCase(model, folder!, item, implementation);
            expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
            const expected = await expectedTensors(folder!, item);
            const forwardTolerance = id === 'webgpu' ? 1e-4 : 2 * item.float32Noise.logits;
            for (const [name, numbers] of Object.entries(expected)) {
              expect(actual, `${name} was computed`).toHaveProperty([name]);
              const { required, classes } = difference(actual[name]!, numbers);
              expect(classes, `${name}: places of NaN and infinities`).toEqual([]);
              // Gradients are compared to their largest entry: below 1e-4 of it they are noise of float32 sums.
              const largest = numbers.reduce(
                (m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m),
                0,
              );
              const tolerance = name.startsWith('grad.') ? 1e-4 * Math.max(largest, 1e-2) : forwardTolerance;
              expect(required, `${name}: required tolerance`).toBeLessThanOrEqual(tolerance);
            }
          });
        }
      }
    });
  },
);
