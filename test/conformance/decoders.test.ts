/** Holds every family of the decoder, on every backend this machine has, against what transformers gives in float64. */
import { readFileSync } from 'node:fs';
import { type Decoder, decoderTypes } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../golden/decoder-models.ts';
import { difference } from './compare.ts';
import { largestOf, loadDecoder, readInputs, referenceTensors, runDecoder } from './decoder-cases.ts';
import { onEveryBackend } from './on-every-backend.ts';
import { vectorFolder } from './vectors.ts';

const folder = vectorFolder('decoders');
interface Index {
  readonly families: Readonly<
    Record<
      string,
      {
        readonly model_type: string;
        readonly results: Readonly<Record<string, unknown>>;
        readonly float32_noise: number;
      }
    >
  >;
}
const families = folder
  ? Object.entries((JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as Index).families)
  : [];

describe.skipIf(folder === undefined)(
  `decoders${folder === undefined ? ' (skipped: ../shared/vectors is not beside this checkout)' : ''}`,
  () => {
    it('has a model of every family but those that only golden/decoder-options has', () => {
      const here = families.map(([, family]) => family.model_type);
      const there = Object.values(cases).map(({ family }) => family);
      expect(decoderTypes.filter((type) => ![...here, ...there].includes(type))).toEqual([]);
      expect(here.filter((type) => !decoderTypes.includes(type as never))).toEqual([]);
    });

    onEveryBackend(({ id }) => {
      describe.each(families)('%s', (family, { results, float32_noise: noise }) => {
        let model: Decoder;
        beforeAll(async () => {
          model = await loadDecoder(`${folder}/${family}`);
        });
        afterAll(() => model?.dispose());

        for (const implementation of ['eager', 'sdpa'] as const) {
          it.each(Object.keys(results))(`%s;implementation=${implementation}`, async (result) => {
            const [batch, convention] = result.split('.') as [string, string];
            const inputs = await readInputs(`${folder}/${family}/inputs.${batch}.safetensors`);
            const before = tf.memory().numTensors;
            const actual = await runDecoder(model, inputs, convention, implementation);
            expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
            const expected = await referenceTensors(`${folder}/${family}/${result}.safetensors`);
            const worst: string[] = [];
            for (const [name, numbers] of Object.entries(expected)) {
              expect(actual, `${name} was computed`).toHaveProperty([name]);
              const { required, classes } = difference(actual[name]!, numbers);
              expect(classes, `${name}: places of NaN and infinities`).toEqual([]);
              const largest = largestOf(numbers);
              // The noise is that of the logits, which Granite makes small at the very end.
              const scale = Math.max(largest, 1) / Math.min(largestOf(expected.logits!), 1);
              const tolerance = id === 'webgpu' ? 1e-4 * Math.max(largest, 1) : 2 * noise * scale;
              if (!(required <= tolerance))
                worst.push(`${name}: ${required} of ${largest}, tolerance ${tolerance}`);
            }
            expect(worst).toEqual([]);
          });
        }
      });
    });
  },
);
