/** Independent vectors of other projects, where this checkout has them beside it: fully masked rows, and the ONNX operator. */
import { readFile } from 'node:fs/promises';
import {
  type Policy,
  policies,
  policyFrom,
  type ReferenceProblem,
  referenceAttention,
} from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import { readSafetensors, toFloat32 } from '@nanscope/safetensors';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { onnxCases } from './attention-onnx.ts';
import { difference, largest, relativeError, runAttention, runStages, TIMEOUT } from './attention-suite.ts';
import { vectorFolder } from './vectors.ts';

vi.setConfig({ testTimeout: TIMEOUT });

const names = ['out', 'dq', 'dk', 'dv'] as const;
const masked = vectorFolder('sdpa-fully-masked');
const onnx = vectorFolder('onnx-attention');
const absent = ' (skipped: ../shared/vectors is not beside this checkout)';
const probes = await Promise.all(
  backends().map(async (backend) => ({ backend, probe: await backend.probe() })),
);
const maskedCases = masked ? await maskedProblems(masked) : [];
const operatorCases = onnx ? await onnxCases(onnx) : [];

/** What the vectors call the naive forms, and the policies that must reproduce their NaN positions. */
const naive = {
  fill: policyFrom({ preset: 'jax', fill: 'select-inf' }),
  add: policies['torch-2.4'],
} as const;

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
      describe.skipIf(!masked)(`sdpa-fully-masked${masked ? '' : absent}`, () => {
        it.each(maskedCases)('$name: zeros, forward and backward', async ({ problem, numbers, noise }) => {
          for (const policy of [policies.safe, policies['torch-2.5'], policies['onnx-1.23']] as Policy[]) {
            const actual = await runAttention({ ...problem, policy }, implementation);
            for (const name of names) {
              const floor = 8 * 2 ** -24 * largest(numbers[name]!);
              const failure = difference(actual[name], numbers[name]!, Math.max(2 * noise[name]!, floor));
              expect(failure, `${policy.name} ${name}`).toBeUndefined();
            }
          }
        });

        it.each(maskedCases)(
          '$name: NaN of the unguarded forms, place by place',
          async ({ problem, nan }) => {
            for (const form of ['fill', 'add'] as const) {
              const actual = await runAttention({ ...problem, policy: naive[form] }, implementation);
              for (const name of names) {
                const places = Array.from(actual[name], (x) => Number(Number.isNaN(x)));
                expect(places, `${form} ${name}`).toEqual(Array.from(nan[`naive_${form}_nan_${name}`]!));
              }
            }
          },
        );
      });

      describe.skipIf(!onnx)(`onnx-attention${onnx ? '' : absent}`, () => {
        it.each(operatorCases)('$name', async ({ problem, expected, stage }) => {
          const actual = await runStages(problem, implementation);
          const plain = relativeError(
            referenceAttention(problem, 'float32').out,
            referenceAttention(problem).out,
          );
          // The vectors are float32 (or float16) themselves: their error and ours may add up.
          const ulp = problem.policy.computeDtype === 'f16' ? 2 ** -10 : 4 * 2 ** -24;
          const allowed = 3 * Math.max(plain, ulp);
          expect(difference(actual.out, expected, allowed * largest(expected))).toBeUndefined();
          if (!stage) return;
          expect(
            difference(actual[stage.name], stage.expected, allowed * largest(stage.expected)),
          ).toBeUndefined();
        });
      });
    });
  });
}

async function maskedProblems(folder: string) {
  const index = JSON.parse(await readFile(`${folder}/index.json`, 'utf8')) as {
    cases: { name: string; file: string; float32_vs_float64_max_abs: Record<string, number> }[];
  };
  return Promise.all(
    index.cases.map(async ({ name, file, float32_vs_float64_max_abs: noise }) => {
      const tensors = await readSafetensors(`${folder}/${file}`);
      const numbers: Record<string, Float32Array> = {};
      for (const tensor of ['q', 'k', 'v', 'dout', ...names])
        numbers[tensor] = toFloat32(await tensors.read(tensor));
      const nan: Record<string, Uint8Array> = {};
      for (const tensor of tensors.names)
        if (tensor.startsWith('naive_')) nan[tensor] = (await tensors.read(tensor)).data;
      const [B, H, T, D] = tensors.info('q').shape as [number, number, number, number];
      const explicit = {
        values: (await tensors.read('mask')).data,
        shape: tensors.info('mask').shape,
        dtype: 'bool' as const,
      };
      const problem: ReferenceProblem = {
        ...{ B, H, Hkv: H, T, S: T, D, Dv: D, policy: policies.safe, mask: { explicit } },
        ...{ q: numbers.q!, k: numbers.k!, v: numbers.v!, dout: numbers.dout! },
      };
      return { name, problem, numbers, nan, noise };
    }),
  );
}
