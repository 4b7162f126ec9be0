/** Opens every backend this machine has and holds the trainer's gradients and optimizer on it against the independent reference. */
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { difference } from './compare.ts';
import { expectedTensors, gpt2Cases } from './gpt2-cases.ts';
import {
  expectedParameters,
  firstLayer,
  labelledBatch,
  meanGradients,
  nanCount,
  oneLayerCases,
  optimizerCases,
  runOptimizer,
} from './gradients-cases.ts';
import { onEveryBackend } from './on-every-backend.ts';
import { vectorFolder } from './vectors.ts';

const folder = vectorFolder('gpt2-ref');
const largest = (numbers: Float32Array) =>
  numbers.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);

describe.skipIf(folder === undefined)(
  `gpt2-ref gradients${folder === undefined ? ' (skipped: ../shared/vectors is not beside this checkout)' : ''}`,
  () => {
    onEveryBackend(({ id }) => {
      let model: CausalLM;
      let before: number;
      beforeEach(async () => {
        before = tf.memory().numTensors;
        model = await loadCausalLM({ directory: folder! });
      });
      afterEach(() => {
        model.dispose();
        expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
      });

      for (const item of folder === undefined ? [] : gpt2Cases(folder)) {
        for (const implementation of ['eager', 'sdpa'] as const) {
          it(`${item.id};gradients;implementation=${implementation}`, async () => {
            const host = await labelledBatch(folder!, item.batch);
            const { loss, norm, gradients } = await meanGradients(
              model,
              host,
              item.convention,
              implementation,
            );
            const expected = await expectedTensors(folder!, item);
            expect(Number.isNaN(loss)).toBe(Number.isNaN(expected.loss![0]));
            let squares = 0;
            let compared = 0;
            for (const [name, numbers] of Object.entries(expected)) {
              if (!name.startsWith('grad.')) continue;
              compared++;
              const { required, classes } = difference(gradients[name.slice('grad.'.length)]!, numbers);
              expect(classes, `${name}: places of NaN and infinities`).toEqual([]);
              // The noise is that of the case's largest gradient: a tensor of smaller ones has less, never more.
              const tolerance = id === 'webgpu' ? 1e-4 * largest(numbers) : 2 * item.float32Noise.grads;
              expect(required, `${name}: required tolerance`).toBeLessThanOrEqual(tolerance);
              squares += numbers.reduce((sum, value) => sum + value * value, 0);
            }
            expect(compared).toBe(Object.keys(model.parameters).length);
            if (Number.isNaN(squares)) expect(norm).toBeNaN();
            else expect(norm / Math.sqrt(squares)).toBeCloseTo(1, 5);
          });
        }
      }

      for (const item of folder === undefined ? [] : oneLayerCases(folder)) {
        it(`gpt2-ref:one-layer:${item.name}: which gradients are NaN, and how much of each`, async () => {
          const [batch, convention] = item.name.split('.') as [string, string];
          const host = await labelledBatch(folder!, batch);
          const { loss, norm, gradients } = await meanGradients(firstLayer(model), host, convention, 'eager');
          if (item.loss === null) expect(loss).toBeNaN();
          else expect(loss).toBeCloseTo(item.loss, 5);
          expect(norm).toBeNaN();
          for (const [name, values] of Object.entries(gradients)) {
            expect(nanCount(values), name).toBe(item.nan[`grad.${name}`] ?? `0/${values.length}`);
          }
        });
      }

      for (const item of folder === undefined ? [] : optimizerCases(folder)) {
        it(`gpt2-ref:${item.name}: losses, norms and parameters of five steps`, async () => {
          const { losses, norms, parameters } = await runOptimizer(model, folder!, item);
          expect(difference(losses, item.losses).required).toBeLessThanOrEqual(5e-6);
          expect(difference(norms, item.norms).required).toBeLessThanOrEqual(1e-5);
          for (const [name, numbers] of Object.entries(await expectedParameters(folder!, item.name))) {
            const C = model.config.width;
            const isKeyBias = (i: number) => name.endsWith('c_attn.bias') && i >= C && i < 2 * C;
            const [keyBias, rest] = [true, false].map((wanted) => {
              const chosen = (values: Float32Array) => values.filter((_, i) => isKeyBias(i) === wanted);
              return [chosen(parameters[name]!), chosen(numbers)] as const;
            }) as [readonly [Float32Array, Float32Array], readonly [Float32Array, Float32Array]];
            const { required, classes } = difference(...rest);
            expect(classes).toEqual([]);
            expect(required, name).toBeLessThanOrEqual(id === 'webgpu' ? 1e-4 : 2e-5);
            // Softmax does not see a bias on all keys: its gradient is 0 but for rounding, which Adam divides by its own size.
            if (keyBias[1].length > 0) {
              expect(difference(...keyBias).required, `${name}, keys`).toBeLessThanOrEqual(
                losses.length * 1e-3,
              );
            }
          }
        });
      }
    });
  },
);
