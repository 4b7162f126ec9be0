/** Opens every backend this machine has and holds attention on it against the float64 oracle, forward and backward. */
import { attentionProbes } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attentionCases } from './attention-cases.ts';
import { checkAttentionCase, TIMEOUT } from './attention-suite.ts';

vi.setConfig({ testTimeout: TIMEOUT });

const policies = [...new Set(attentionCases.map(({ problem }) => problem.policy.name))];
const probes = await Promise.all(
  backends().map(async (backend) => ({ backend, probe: await backend.probe() })),
);

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`attention on ${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
      it.each(policies)('agrees with the float64 oracle under %s', async (policy) => {
        const failures: string[] = [];
        const before = tf.memory().numTensors;
        for (const testCase of attentionCases) {
          if (testCase.problem.policy.name === policy) {
            failures.push(...(await checkAttentionCase(testCase, implementation)));
          }
        }
        expect(failures).toEqual([]);
        expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
      });

      it('passes the probes of the resolver', async () => {
        const outcomes = await attentionProbes(implementation);
        expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
        expect(outcomes).toHaveLength(4);
      });
    });
  });
}
