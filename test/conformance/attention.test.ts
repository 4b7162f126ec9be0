/**
 * Puts our own implementations of attention under the conformance suite on every backend this machine has: the cases
 * of the float64 oracle, the relations, and the independent vectors where this checkout has them beside it.
 */
import { fileURLToPath } from 'node:url';
import { attentionProbes } from '@nanscope/attention';
import {
  type ConformCase,
  metamorphicCases,
  oracleCases,
  readVectors,
  runSuite,
  tensorflowImplementation,
} from '@nanscope/conform';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';
import { vectorFolder } from './vectors.ts';

// A software adapter compiles a variant of matmul in seconds, and in a minute when the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

const groupOf = ({ id }: ConformCase) => id.replace(/;(mask|value|form|pads)=.*/, '');
const groups = new Map<string, ConformCase[]>();
for (const each of [...oracleCases, ...metamorphicCases])
  groups.set(groupOf(each), [...(groups.get(groupOf(each)) ?? []), each]);

const golden = fileURLToPath(new URL('../../golden/onnx-layout', import.meta.url));
const folders: readonly (readonly [name: string, folder: string | undefined])[] = [
  ['golden/onnx-layout', golden],
  ...['onnx-attention', 'sdpa-fully-masked', 'ort-attention'].map(
    (name) => [name, vectorFolder(name)] as const,
  ),
];
onEveryBackend(() => {
  describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
    const expectAllPass = async (cases: readonly ConformCase[]) => {
      const before = tf.memory().numTensors;
      const wrong: string[] = [];
      for await (const { id, status, reason } of runSuite(cases, tensorflowImplementation(implementation)))
        if (status !== 'pass') wrong.push(`${id}: ${status}: ${reason}`);
      expect(wrong).toEqual([]);
      expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
    };

    it.each([...groups])('passes %s', (_, cases) => expectAllPass(cases));

    for (const [name, folder] of folders) {
      const absent = folder ? '' : ' (skipped: ../shared/vectors is not beside this checkout)';
      it.skipIf(!folder)(`passes ${name}${absent}`, async () => {
        const { cases, faults } = await readVectors(folder!, () => true);
        expect(faults).toEqual([]);
        expect(cases.length).toBeGreaterThan(5);
        await expectAllPass(cases);
      });
    }

    it('passes the probes of the resolver', async () => {
      const outcomes = await attentionProbes(implementation);
      expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
      expect(outcomes).toHaveLength(4);
    });
  });
});
