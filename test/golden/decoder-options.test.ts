/**
 * Options of the decoder's families against what transformers made of the same settings (golden/decoder-options, see its
 * maker): every rotary scaling, windows, odd sizes, biases, both spellings. Loss and the norm of every gradient, on every
 * backend. Weights are a formula of the parameter's name.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { decoderOf, lossAndGradientsOf } from '../conformance/decoder-cases.ts';
import { onEveryBackend } from '../conformance/on-every-backend.ts';
import { batch, cases, configOf, golden, labels, readJson, recorded, weightsOf } from './decoder-models.ts';

it('golden/decoder-options holds what its manifest says', () => {
  const sums = readJson('manifest.json').sha256 as Record<string, string>;
  expect(Object.keys(sums)).not.toEqual([]);
  for (const [name, sum] of Object.entries(sums)) {
    const bytes = readFileSync(join(golden, name));
    expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sum);
  }
});

describe('golden:decoder-options', () => {
  onEveryBackend(() => {
    it.each(Object.entries(cases))('%s', async (name, subject) => {
      const expected = recorded[name]!;
      const before = tf.memory().numTensors;
      const model = await decoderOf(configOf(subject), name, weightsOf(subject.family));
      const { loss, gradients } = await lossAndGradientsOf(model, { batch, labels });
      model.dispose();
      expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
      // transformers keeps parts of its float64 run in float32, so that its own noise is not below one rounding.
      const noise = Math.max(Math.abs(expected.loss_float32 - expected.loss), 2 ** -23 * expected.loss);
      expect(Math.abs(loss - expected.loss), 'loss').toBeLessThanOrEqual(2 * noise);
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(expected.gradient_norms).sort());
      const largest = Math.max(...Object.values(expected.gradient_norms));
      for (const [parameter, norm] of Object.entries(expected.gradient_norms)) {
        const error = Math.abs(Math.hypot(...gradients[parameter]!) - norm);
        expect(error, `gradient norm of ${parameter}`).toBeLessThanOrEqual(1e-5 * norm + 1e-6 * largest);
      }
    });
  });
});
