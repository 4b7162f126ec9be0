import { safePolicy } from '@nanscope/attention';
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { BatchResult } from './evaluate-batch.ts';
import { differenceWords, sdpaKernelRules } from './sdpa-kernel.ts';

const engine = tf.engine();
const opened = engine.backendName;
afterEach(() => {
  engine.backendName = opened;
});

const model = { config: { headDim: 16 } } as CausalLM;
const task = {
  config: { sdpaKernel: 'auto', trace: 'off' },
  decision: { attention: 'sdpa' },
  policy: safePolicy,
} as const;
const rules = (change: object = {}, on = 'wasm') => {
  engine.backendName = on;
  return sdpaKernelRules({ ...task, ...change }, model).map(({ reason }) => reason);
};

describe('the rule that says what computes sdpa', () => {
  it.each(['wasm', 'webgpu'])('on %s is the fused kernel where no step is shown', (backend) => {
    expect(rules({}, backend)).toEqual(['sdpa is one fused kernel, since none of its steps is shown']);
  });

  it.each([
    ['health', {}],
    ['full', {}],
    ['off', { saveOutputs: 'here' }],
  ] as const)('is the composed form at trace %s %o', (trace, more) => {
    expect(rules({ config: { ...task.config, trace, ...more } })).toEqual([
      'sdpa is composed of ops, so that its steps can be shown',
    ]);
  });

  it('is not there for heads that rotation makes too large for it', () => {
    engine.backendName = 'wasm';
    const config = { headDim: 256, attendedDim: 257 };
    expect(sdpaKernelRules(task, { config } as CausalLM)).toEqual([]);
  });

  it.each([
    ['a backend without such a kernel', {}, 'tensorflow'],
    ['eager attention', { decision: { attention: 'eager' } }, 'wasm'],
    ['a kernel by request', { config: { ...task.config, sdpaKernel: 'fused' } }, 'wasm'],
    ['dropout', { config: { ...task.config, dropout: 0.1 } }, 'wasm'],
    ['a policy in half, on wasm', { policy: { ...safePolicy, computeDtype: 'f16' } }, 'wasm'],
  ])('is not there for %s', (_, change, backend) => {
    expect(rules(change, backend)).toEqual([]);
  });
});

describe('how far the two forms are apart', () => {
  const words = (composed: number[], fused: number[]) => {
    const result = (losses: number[]) => ({ losses: Float32Array.from(losses) }) as BatchResult;
    return differenceWords(result(composed), result(fused));
  };

  it('is the largest difference of a loss', () => {
    expect(words([1, 2, Number.NaN], [1, 2.25, Number.NaN])).toBe(
      'the losses of the fused kernel differ by at most 2.5e-1 on the first batch',
    );
    expect(words([1], [1])).toBe('the losses of the fused kernel differ by at most 0 on the first batch');
  });

  it('never takes a NaN for a small difference', () => {
    expect(words([1, Number.NaN, Number.POSITIVE_INFINITY], [Number.NaN, 2, Number.NEGATIVE_INFINITY])).toBe(
      'the losses of the fused kernel differ by at most 0 on the first batch, and 3 of 3 are finite, NaN or infinite in one of the two alone',
    );
  });
});
