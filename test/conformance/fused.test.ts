/**
 * The fused kernel under the conformance suite, forward and backward: on WebGPU its shaders, elsewhere the composed
 * form behind the same name. Faults put into it are in fused-mutants.test.ts.
 */
import {
  attention,
  attentionProbes,
  policies,
  policyFrom,
  prepareMask,
  referenceAttention,
} from '@nanscope/attention';
import type { Session } from '@nanscope/backend';
import { openTrace } from '@nanscope/cascade';
import {
  type ConformCase,
  metamorphicCases,
  oracleCases,
  tensorflowImplementation,
  tensorNames,
  withGradients,
} from '@nanscope/conform';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { caseOf, causal, failuresOf, grouped, headSizeCases, longCases, tailCases } from './fused-cases.ts';
import { probes } from './probes.ts';

// A software adapter compiles a shader in seconds, and in a minute when the machine is busy.
vi.setConfig({ testTimeout: 600_000 });

const fused = tensorflowImplementation('fused');

/** By policy and size, so that no test compiles more than the shaders of one variant. */
const groupOf = ({ id }: ConformCase) => id.replace(/;(mask|value|form|pads)=.*/, '');
const groups = new Map<string, ConformCase[]>();
for (const each of [...oracleCases, ...metamorphicCases])
  groups.set(groupOf(each), [...(groups.get(groupOf(each)) ?? []), each]);

/** The queries whose row of `width` numbers begins with NaN. */
const nanRows = (x: ArrayLike<number>, width: number, T: number) =>
  Array.from({ length: T }, (_, t) => t).filter((t) => Number.isNaN(x[t * width]));

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`fused attention on ${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    // A CPU has no registers to run out of: each head size of the shaders at once.
    if (backend.id !== 'webgpu')
      it('agrees at every head size', async () => {
        expect(await failuresOf(headSizeCases.map(([, each]) => each))).toEqual([]);
      });

    it.each([...groups])('passes %s, and leaves no tensor behind', async (_, cases) => {
      const before = tf.memory().numTensors;
      expect(await failuresOf(cases)).toEqual([]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('has no edge at the edges of its tiles', async () => {
      expect(await failuresOf([...tailCases, caseOf('grouped', grouped)])).toEqual([]);
    });

    const hasOwnKernel = backend.id === 'webgpu' || backend.id === 'wasm';
    it.each(hasOwnKernel ? longCases.map((each) => [each.id, each] as const) : [])(
      'agrees at %s',
      async (_, each) => {
        expect(await failuresOf([each])).toEqual([]);
      },
    );

    // 0 * NaN: what a query may not see reaches it all the same, unless no query at all may see it. A kernel that leaves blocked
    // tiles out has to visit them then.
    it.each([Number.NaN, Number.POSITIVE_INFINITY])(
      'lets %d in a key that later queries see reach all',
      async (poison) => {
        const { T, S, D, Dv, k, v } = causal;
        const at = 40;
        const poisoned = {
          ...causal,
          k: Array.from(k, (value, i) => (Math.floor(i / D) % S === at ? poison : value)),
          v: Array.from(v, (value, i) => (Math.floor(i / Dv) % S === at ? poison : value)),
        };
        const { out, dq } = await fused.run(poisoned, withGradients);
        const expected = referenceAttention(poisoned);
        expect(nanRows(expected.out, Dv, T)).toHaveLength(T);
        expect(nanRows(out, Dv, T)).toHaveLength(T);
        expect(nanRows(dq!, D, T)).toEqual(nanRows(expected.dq!, D, T));
      },
    );

    it('stays finite where the first keys have values near the largest float32, and hardly any weight', async () => {
      const [B, H, S, D] = [1, 1, 500, 4];
      const isLate = (i: number) => Math.floor(i / D) >= 260;
      const problem = {
        ...{ B, H, Hkv: 1, T: 1, S, D, Dv: D, policy: policies.safe },
        q: Array(D).fill(4),
        k: Array.from({ length: S * D }, (_, i) => (isLate(i) ? 2.5 : 0)),
        v: Array.from({ length: S * D }, (_, i) => (isLate(i) ? 1 : i % 2 === 0 ? 2e38 : -2e38)),
      };
      const { out } = await fused.run(problem, { ...withGradients, gradients: false });
      const expected = referenceAttention(problem).out;
      for (const [i, value] of expected.entries()) expect(out[i]! / value).toBeCloseTo(1, 4);
    });

    it('is the same kernel under taps: tracing changes no bit', async () => {
      const trace = openTrace(session, 'health');
      const bits = async (run: (work: () => tf.Tensor) => tf.Tensor) => {
        const result = run(() =>
          tf.tidy(() => {
            const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal([1, 2, 40, 16], 0, 1, 'float32', seed));
            return attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
              ...{ implementation: 'sdpa', kernel: 'fused', mask: { causal: true } },
            });
          }),
        );
        const values = Float32Array.from(await result.data());
        result.dispose();
        return new Uint32Array(values.buffer);
      };
      const traced = await bits((work) => trace.run('forward', work));
      await trace.collect();
      trace.close();
      expect(traced).toEqual(await bits((work) => work()));
    });

    it('passes the probes of the resolver', async () => {
      const outcomes = await attentionProbes('sdpa', 'fused');
      expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
      expect(outcomes).toHaveLength(4);
    });

    it('refuses what it cannot do, with the reason', () => {
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

  it.each([
    ['NANSCOPE_FUSED_SUBGROUPS', grouped],
    ['NANSCOPE_FUSED_F16', { ...grouped, policy: policyFrom({ computeDtype: 'f16' }) }],
  ] as const)('agrees without %s as well', async (flag, problem) => {
    const cases = [caseOf('grouped', problem)];
    tf.env().set(flag, false);
    const without = await failuresOf(cases);
    tf.env().set(flag, true);
    expect(without).toEqual([]);
    expect(await failuresOf(cases)).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
    'keeps %d in masked keys and values out of output and gradients, bit by bit',
    async (poison) => {
      const { Hkv, S, D, Dv, mask } = grouped;
      const clean = await fused.run(grouped, withGradients);
      const poisoned = (x: ArrayLike<number>, width: number) =>
        Array.from(x, (value, i) => {
          const row = Math.floor(i / width);
          return mask!.padding![Math.floor(row / (Hkv * S)) * S + (row % S)] ? value : poison;
        });
      const seen = await fused.run(
        { ...grouped, k: poisoned(grouped.k, D), v: poisoned(grouped.v, Dv) },
        withGradients,
      );
      const bits = (x: ArrayLike<number> | undefined) => new Uint32Array(Float32Array.from(x!).buffer);
      for (const name of tensorNames) expect(bits(seen[name]), name).toEqual(bits(clean[name]));
    },
  );

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
