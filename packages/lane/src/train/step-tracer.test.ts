import { safePolicy } from '@nanscope/attention';
import { builtinBackend, type Session } from '@nanscope/backend';
import type { CascadeRecord, RecordSink } from '@nanscope/record';
import type { StepKernel, Training } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StepTracer } from './step-tracer.ts';

let session: Session;
beforeAll(async () => {
  session = await builtinBackend('cpu')!.open();
});
afterAll(() => session.dispose());

const sink = { appendLines: () => {} } as unknown as RecordSink;

function open(kernel: StepKernel, level: 'gate' | 'health'): StepTracer {
  const run = {
    model: { parameters: {}, config: { headDim: 4 } },
    optimizer: { stateTensors: () => ({}) },
    settings: { kernel, implementation: 'sdpa', policy: safePolicy, dropout: 0 },
  } as unknown as Training;
  return new StepTracer(session, { level, keep: 0, filters: [] }, run, sink);
}

/** Replays a step of which these kernels make a NaN. */
async function replayed(kernel: StepKernel, broken: readonly StepKernel[]) {
  const tracer = open(kernel, 'gate');
  const traced: StepKernel[] = [];
  const replay = await tracer.replay(3, async (observer, asked = kernel) => {
    if (observer) traced.push(asked);
    return { loss: broken.includes(asked) ? Number.NaN : 1, gradNorm: 1 };
  });
  return { outcome: replay!.outcome, traced };
}

describe('a step that is traced again', () => {
  it('shows the steps of attention where the composed form is not finite either', async () => {
    expect(await replayed('auto', ['auto', 'composed'])).toEqual({
      outcome: 'reproduced',
      traced: ['composed'],
    });
  });

  it('runs the fused kernel where that alone is not finite, which does not vanish', async () => {
    const engine = tf.engine();
    const opened = engine.backendName;
    engine.backendName = 'wasm';
    try {
      expect(await replayed('auto', ['auto', 'fused'])).toEqual({ outcome: 'reproduced', traced: ['fused'] });
    } finally {
      engine.backendName = opened;
    }
  });

  it('runs the kernel that was asked for', async () => {
    expect(await replayed('fused', ['fused'])).toEqual({ outcome: 'reproduced', traced: ['fused'] });
  });

  it('is measured with magnitudes where it is the step of the origin, and once', async () => {
    const tracer = open('auto', 'health');
    const mechanism = { name: 'unknown', evidence: '' };
    tracer.goOnFrom({ origin: { key: 'k', batch: 2, mechanism } } as unknown as CascadeRecord);
    const measured: number[] = [];
    for (const step of [1, 2, 2])
      await tracer.replay(step, async (observer) => {
        if (observer) measured.push(step);
        return { loss: Number.NaN, gradNorm: 1 };
      });
    expect(measured).toEqual([2]);
  });
});
