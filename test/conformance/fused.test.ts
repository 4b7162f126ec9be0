/**
 * The fused kernel against the float64 oracle, forward and backward: on WebGPU its shaders, elsewhere the composed
 * form behind the same name.
 */
import { attention, attentionProbes, policies, policyFrom, prepareMask } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AttentionCase, attentionCases } from './attention-cases.ts';
import { checkAttentionCase, runAttention, TIMEOUT } from './attention-suite.ts';
import { groupedCase, headSizeCases, tailCases } from './fused-cases.ts';

vi.setConfig({ testTimeout: TIMEOUT });

const probes = await Promise.all(
  backends().map(async (backend) => ({ backend, probe: await backend.probe() })),
);

async function failuresOf(cases: readonly AttentionCase[]): Promise<string[]> {
  const failures: string[] = [];
  for (const testCase of cases) failures.push(...(await checkAttentionCase(testCase, 'sdpa', 'fused')));
  return failures;
}

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`fused attention on ${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    it('agrees with the float64 oracle under every policy and mask, and leaves no tensor behind', async () => {
      const before = tf.memory().numTensors;
      const cases = attentionCases.filter(
        ({ id }) => id.includes('size=small') || (id.includes('policy=safe') && id.includes('mask=left')),
      );
      expect(cases.length).toBeGreaterThan(300);
      expect(await failuresOf(cases)).toEqual([]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('has no edge at the edges of its tiles', async () => {
      expect(await failuresOf([...tailCases, groupedCase])).toEqual([]);
    });

    it('passes the probes of the resolver', async () => {
      const outcomes = await attentionProbes('sdpa', 'fused');
      expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
      expect(outcomes).toHaveLength(4);
    });

    it('refuses what it can not do, with the reason', () => {
      const q = tf.zeros([1, 1, 2, 4]) as tf.Tensor4D;
      const run = (options: object) => () =>
        attention(q, q, q, { implementation: 'sdpa', kernel: 'fused', ...options });
      expect(run({ capture: () => {} })).toThrow('a capture asks for scores');
      expect(run({ dropout: (x: tf.Tensor4D) => x })).toThrow('no dropout of probabilities');
      expect(run({ implementation: 'eager' })).toThrow('the implementation is eager');
      q.dispose();
    });
  });
}

const gpu = probes.find(({ backend }) => backend.id === 'webgpu')!;
const missing = gpu.probe.available ? '' : ` (skipped: ${gpu.probe.reason})`;

describe.skipIf(!gpu.probe.available)(`the fused shaders${missing}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await gpu.backend.open();
  });
  afterAll(() => session?.dispose());

  for (const testCase of headSizeCases) {
    // A software adapter takes up to a minute to compile the shaders of one large head size.
    const rare = testCase.problem.D > 64 && !process.env.NANSCOPE_ALL_SHADERS;
    const why = rare ? ' (skipped: slow to compile on a CPU, run with NANSCOPE_ALL_SHADERS=1)' : '';
    it.skipIf(rare)(`agrees at ${testCase.id}${why}`, async () => {
      expect(await failuresOf([testCase])).toEqual([]);
    });
  }

  it.each([
    ['NANSCOPE_FUSED_SUBGROUPS', groupedCase],
    [
      'NANSCOPE_FUSED_F16',
      { ...groupedCase, problem: { ...groupedCase.problem, policy: policyFrom({ computeDtype: 'f16' }) } },
    ],
  ] as const)('agrees without %s as well', async (flag, testCase) => {
    tf.env().set(flag, false);
    const without = await failuresOf([testCase]);
    tf.env().set(flag, true);
    expect(without).toEqual([]);
    expect(await failuresOf([testCase])).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
    'keeps %d in masked keys and values out of output and gradients, bit by bit',
    async (poison) => {
      const { problem } = groupedCase;
      const { Hkv, S, D, Dv, mask } = problem;
      const clean = await runAttention(problem, 'sdpa', 'fused');
      const poisoned = (x: ArrayLike<number>, width: number) =>
        Array.from(x, (value, i) => {
          const row = Math.floor(i / width);
          return mask!.padding![Math.floor(row / (Hkv * S)) * S + (row % S)] ? value : poison;
        });
      const seen = await runAttention(
        { ...problem, k: poisoned(problem.k, D), v: poisoned(problem.v, Dv) },
        'sdpa',
        'fused',
      );
      const bits = (x: ArrayLike<number>) => new Uint32Array(Float32Array.from(x).buffer);
      for (const name of ['out', 'dq', 'dk', 'dv'] as const) {
        expect(bits(seen[name]), name).toEqual(bits(clean[name]));
      }
    },
  );

  it('keeps a NaN key out of the queries before it: a masked pair takes part in nothing', async () => {
    const { problem } = tailCases.find(({ problem: { T, S } }) => T === 65 && S === 65)!;
    const { T, S, D, Dv, k, v } = problem;
    const at = 40;
    const poison = (x: ArrayLike<number>, width: number) =>
      Array.from(x, (value, i) => (Math.floor(i / width) % S === at ? Number.NaN : value));
    const { out, dq } = await runAttention(
      { ...problem, k: poison(k, D), v: poison(v, Dv) },
      'sdpa',
      'fused',
    );
    const nanRows = (x: ArrayLike<number>, width: number) =>
      Array.from({ length: T }, (_, t) => t).filter((t) => Number.isNaN(x[t * width]));
    const from = Array.from({ length: T - at }, (_, i) => at + i);
    expect(nanRows(out, Dv)).toEqual(from);
    expect(nanRows(dq, D)).toEqual(from);
  });

  it('holds no T x S matrix: what it allocates grows with T, not with its square', async () => {
    const backend = tf.backend() as unknown as {
      device: GPUDevice;
      bufferManager: { acquireBuffer(size: number, ...rest: unknown[]): GPUBuffer };
    };
    const original = backend.bufferManager.acquireBuffer.bind(backend.bufferManager);
    const T = 256;
    const sizes: number[] = [];
    backend.bufferManager.acquireBuffer = (size, ...rest) => {
      sizes.push(size);
      return original(size, ...rest);
    };
    const gradients = tf.tidy(() => {
      const x = tf.randomNormal([1, 1, T, 16]) as tf.Tensor4D;
      const padding = tf.ones([1, T], 'int32') as tf.Tensor2D;
      const shape = { batch: 1, queries: T, keys: T, policy: policies.safe };
      const mask = prepareMask({ causal: true, padding }, shape);
      const run = (...[q, k, v]: tf.Tensor[]) =>
        attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, { implementation: 'sdpa', mask });
      return tf.grads(run)([x, x, x]);
    });
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose(gradients);
    backend.bufferManager.acquireBuffer = original;
    expect(sizes.length).toBeGreaterThan(10);
    // The largest is dk and dv side by side.
    expect(Math.max(...sizes)).toBe(T * 32 * 4);
  });
});
