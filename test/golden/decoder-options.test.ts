/**
 * Options of the decoder's families against what transformers made of the same settings (golden/decoder-options, see its
 * maker): every rotary scaling, windows, odd sizes, biases, both spellings. Loss and the norm of every gradient, on every
 * backend. Weights are a formula of the parameter's name.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { decoderOf, lossAndGradientsOf } from '../conformance/decoder-cases.ts';
import { onEveryBackend } from '../conformance/on-every-backend.ts';

const golden = fileURLToPath(new URL('../../golden/decoder-options', import.meta.url));
const readJson = (name: string) => JSON.parse(readFileSync(join(golden, name), 'utf8'));

interface Case {
  readonly family: string;
  readonly settings?: object;
  readonly without?: readonly string[];
}
interface Recorded {
  readonly loss: number;
  readonly loss_float32: number;
  readonly gradient_norms: Readonly<Record<string, number>>;
}
const file = readJson('cases.json') as {
  readonly batch: Readonly<Record<'ids' | 'mask' | 'positions' | 'labels', number[][]>>;
  readonly base: object;
  readonly families: Readonly<Record<string, object>>;
  readonly cases: Readonly<Record<string, Case>>;
};
const recorded = readJson('transformers-5.24.0.json') as Record<string, Recorded>;

/** The config.json of a case. */
function configOf({ family, settings, without = [] }: Case): Record<string, unknown> {
  const all = { ...file.base, ...file.families[family], ...settings, model_type: family };
  return Object.fromEntries(Object.entries(all).filter(([key]) => !without.includes(key)));
}

/** Numbers from -0.5 to 0.5, as in the maker: FNV-1a of the name, then a mixing of 32 bits. */
function valuesOf(name: string, size: number): number[] {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return Array.from({ length: size }, (_, i) => {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  });
}

function weightsOf(family: string) {
  const base = family.startsWith('gemma') ? 0 : 1;
  return async (name: string, size: number) => {
    const isScale = name.includes('norm') && name.endsWith('weight');
    return Float32Array.from(valuesOf(name, size), (v) => (isScale ? base + 0.4 * v : 0.8 * v));
  };
}

const { ids, mask, positions, labels } = file.batch;
const batch = {
  shape: [ids.length, ids[0]!.length] as const,
  inputIds: ids.flat(),
  attentionMask: mask.flat(),
  positionIds: positions.flat(),
};

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
    it.each(Object.entries(file.cases))('%s', async (name, subject) => {
      const expected = recorded[name]!;
      const before = tf.memory().numTensors;
      const model = await decoderOf(configOf(subject), name, weightsOf(subject.family));
      const { loss, gradients } = await lossAndGradientsOf(model, { batch, labels: labels.flat() });
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
