/** The judge is judged by mathematics alone: finite differences, closed forms, and the sum rule. */
import { describe, expect, it } from 'vitest';
import { policyFrom } from '../policy-from.ts';
import { policies } from '../presets.ts';
import type { ReferenceProblem } from './problem.ts';
import { referenceAttention } from './reference-attention.ts';

const wave = (size: number, seed: number) => Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + seed));

const problem: ReferenceProblem = {
  ...{ B: 2, H: 2, Hkv: 1, T: 3, S: 4, D: 3, Dv: 2, policy: policies.safe, softcap: 1.5 },
  ...{ q: wave(36, 1), k: wave(24, 2), v: wave(16, 3), dout: wave(24, 4) },
  mask: { causal: true, padding: [0, 0, 1, 1, 1, 1, 1, 1], window: 3 },
};

describe('the float64 oracle', () => {
  it.each([
    policies.safe,
    policies.jax,
    policyFrom({ rowGuard: 'self' }),
    policyFrom({ rowGuard: 'attend-all' }),
  ])('has the gradients that differences show, under $name', (policy) => {
    const asked = { ...problem, policy, sinks: [0.4, -0.7] };
    const { dq, dk, dv, dsinks } = referenceAttention(asked);
    const loss = (change: Partial<ReferenceProblem>) =>
      referenceAttention({ ...asked, ...change }).out.reduce((sum, x, i) => sum + x * problem.dout![i]!, 0);
    for (const [name, gradient] of [
      ['q', dq],
      ['k', dk],
      ['v', dv],
      ['sinks', dsinks],
    ] as const) {
      for (let i = 0; i < gradient.length; i++) {
        const moved = (by: number) => Array.from(asked[name]).with(i, asked[name][i]! + by);
        const slope = (loss({ [name]: moved(1e-5) }) - loss({ [name]: moved(-1e-5) })) / 2e-5;
        expect(
          Math.abs(slope - gradient[i]!) <= 1e-8,
          `d${name}[${i}]: ${gradient[i]}, by differences ${slope}`,
        ).toBe(true);
      }
    }
  });

  it('gives a fully masked row exactly 0 and no gradient, and NaN without a guard', () => {
    const { out, dq } = referenceAttention({ ...problem, mask: { padding: [0, 0, 0, 0, 1, 1, 1, 1] } });
    expect(out.slice(0, 12)).toEqual(new Float64Array(12));
    expect(dq.slice(0, 18)).toEqual(new Float64Array(18));
    const bare = referenceAttention({
      ...problem,
      policy: policies['torch-2.4'],
      mask: { padding: [0, 0, 0, 0, 1, 1, 1, 1] },
    });
    expect(bare.out.slice(0, 12).every(Number.isNaN)).toBe(true);
    expect(bare.out.slice(12).some(Number.isNaN)).toBe(false);
  });

  it('gives a row without a key the probabilities 0 where there is a sink, whatever fills its cells', () => {
    const mask = { padding: [0, 0, 0, 0, 1, 1, 1, 1] };
    for (const preset of ['torch-2.4', 'jax', 'transformers-5-eager', 'safe'] as const) {
      const { out, probabilities, sunk } = referenceAttention({
        ...problem,
        policy: policies[preset],
        mask,
        sinks: [0, 1],
      });
      expect([...probabilities.slice(0, 24), ...out.slice(0, 12)].every((x) => x === 0)).toBe(true);
      expect(Array.from(sunk.slice(6)).every((x) => x > 0 && x < 1)).toBe(true);
    }
  });

  it('has no NaN with one allowed key: exp(-inf) is exactly 0', () => {
    const mask = { padding: [0, 0, 1, 0, 0, 0, 1, 0] };
    const { probabilities } = referenceAttention({ ...problem, policy: policies['torch-2.4'], mask });
    expect(Array.from(probabilities).filter((p) => p !== 0)).toEqual(Array(12).fill(1));
  });

  it('attends evenly to the pads before it where finfo.min is selected and then added (transformers 4.57 eager)', () => {
    const policy = policies['transformers-4.57-eager'];
    const { probabilities } = referenceAttention({
      ...problem,
      T: 4,
      q: wave(48, 1),
      dout: wave(32, 1),
      policy,
      mask: { causal: true, padding: [0, 0, 1, 1, 1, 1, 1, 1] },
    });
    expect(Array.from(probabilities.slice(0, 8))).toEqual([1, 0, 0, 0, 0.5, 0.5, 0, 0]);
  });

  it('attends evenly to everything, the future included, where one finfo.min is added (transformers 5 eager)', () => {
    const policy = policies['transformers-5-eager'];
    const { probabilities } = referenceAttention({
      ...problem,
      T: 4,
      q: wave(48, 1),
      dout: wave(32, 1),
      policy,
      mask: { causal: true, padding: [0, 0, 1, 1, 1, 1, 1, 1] },
    });
    expect(Array.from(probabilities.slice(0, 8))).toEqual(Array(8).fill(0.25));
  });

  it('keeps the gradient of a blocked score under an additive mask, and drops it under select', () => {
    const mask = { padding: [0, 0, 0, 0, 1, 1, 1, 1] };
    const gradient = (fill: string) =>
      referenceAttention({ ...problem, policy: policyFrom({ preset: 'jax', fill }), mask }).dq.slice(0, 18);
    expect(gradient('finfo-min').every((x) => x === 0)).toBe(true);
    expect(gradient('additive-finfo-min').some((x) => x !== 0)).toBe(true);
  });

  it('refuses arrays of the wrong size', () => {
    expect(() => referenceAttention({ ...problem, k: [1, 2] })).toThrow('k must have 24 numbers, got 2');
  });
});
