import { safePolicy } from '@nanscope/attention';
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EvalBatch } from '../data/collation.ts';
import type { BatchResult, Computation, evaluateBatch } from './evaluate-batch.ts';
import { comparedRule, differenceWords, sdpaKernelRules } from './sdpa-kernel.ts';

const engine = tf.engine();
const opened = engine.backendName;
afterEach(() => {
  vi.useRealTimers();
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

describe('the fused kernel beside a trace', () => {
  const resultOf = (loss: number) => ({ losses: Float32Array.of(loss) }) as BatchResult;
  const compared = async (evaluate: typeof evaluateBatch, adapter?: { software: boolean }) => {
    engine.backendName = adapter ? 'webgpu' : 'wasm';
    const decision = { attention: 'sdpa', ...(adapter && { adapter }) } as const;
    const traced = { ...task, config: { ...task.config, trace: 'health' }, decision } as never;
    const computation = { model, kernel: 'composed' } as Computation;
    const labelled = { batch: { batch: {} } as EvalBatch, result: resultOf(1) };
    return (await comparedRule(traced, computation, labelled, evaluate))?.reason.split('; ')[1];
  };

  it.each([undefined, { software: false }])('is run on the first batch, adapter %o', async (adapter) => {
    const evaluate = vi.fn(() => Promise.resolve(resultOf(1.5)));
    expect(await compared(evaluate, adapter)).toBe(
      'the losses of the fused kernel differ by at most 5.0e-1 on the first batch',
    );
    expect(evaluate).toHaveBeenCalledWith(expect.objectContaining({ kernel: 'fused' }), {});
  });

  it('is not waited for by a GPU that hangs', async () => {
    vi.useFakeTimers();
    const reason = compared(() => new Promise(() => {}), { software: false });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reason).toBe('the fused kernel gave no answer within 10 s');
  });

  it('is not compiled on a software adapter, and that is said', async () => {
    const evaluate = vi.fn();
    expect(await compared(evaluate, { software: true })).toContain('software adapter');
    expect(evaluate).not.toHaveBeenCalled();
  });
});
