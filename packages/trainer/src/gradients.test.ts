import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GradientAccumulator,
  type GradientOptions,
  type LabelledBatch,
  lossAndGradients,
  type StepPhase,
  uploadTrainingBatch,
} from './index.ts';

const T = 12;
/** `rows` rows of a made-up text, row b left-padded by `b % 4` and supervised elsewhere. */
function batchOf(rows: number[]): LabelledBatch {
  const cells = rows.flatMap((b) => Array.from({ length: T }, (_, t) => ({ b, t, real: t >= b % 4 })));
  const inputIds = cells.map(({ b, t, real }) => (real ? (b * 37 + t * t * 11) % 256 : 257));
  return {
    shape: [rows.length, T],
    inputIds,
    attentionMask: cells.map(({ real }) => (real ? 1 : 0)),
    positionIds: cells.map(({ b, t }) => Math.max(0, t - (b % 4))),
    labels: inputIds.map((id) => (id === 257 ? -100 : id)),
  };
}

const options: GradientOptions = {
  implementation: 'sdpa',
  policy: {
    name: 'zero rows',
    fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
  },
};

describe('loss and gradients of a batch', () => {
  let model: CausalLM;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    model = await loadCausalLM({ preset: 'tiny', seed: 3 });
  });
  afterAll(() => model.dispose());

  const run = (rows: number[], phase?: StepPhase) => {
    const batch = uploadTrainingBatch(model.config, batchOf(rows));
    const result = lossAndGradients(model, batch, { ...options, ...(phase && { phase }) });
    tf.dispose({ ...batch });
    return result;
  };

  it('labels move one to the left, and the last position predicts nothing', () => {
    const batch = uploadTrainingBatch(model.config, {
      ...batchOf([0]),
      shape: [2, 3],
      inputIds: [1, 2, 3, 4, 5, 6],
      attentionMask: [1, 1, 1, 1, 1, 1],
      positionIds: [0, 1, 2, 0, 1, 2],
      labels: [1, 2, 3, -100, 5, -100],
    });
    expect([...batch.labels.dataSync()]).toEqual([2, 3, -100, 5, -100, -100]);
    expect(batch.tokens).toBe(3);
    tf.dispose({ ...batch });
  });

  it('names every parameter, in the phases it runs, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    const phases: string[] = [];
    const result = run([0, 1], (phase, work) => {
      phases.push(phase);
      return work();
    });
    expect(Object.keys(result.gradients)).toEqual(Object.keys(model.parameters));
    for (const [name, gradient] of Object.entries(result.gradients)) {
      expect(gradient.shape).toEqual(model.parameters[name]!.shape);
    }
    expect(phases[0]).toBe('backward');
    expect(new Set(phases)).toEqual(new Set(['forward', 'loss', 'backward']));
    tf.dispose({ ...result });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('four micro-batches of two rows equal one batch of eight', () => {
    const before = tf.memory().numTensors;
    const large = run([0, 1, 2, 3, 4, 5, 6, 7]);
    const accumulator = new GradientAccumulator();
    for (const rows of [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ])
      accumulator.add(run(rows));
    const sums = accumulator.take();
    expect(sums.tokens).toBe(large.tokens);
    const [loss, whole] = [sums.lossSum.arraySync(), large.lossSum.arraySync()];
    expect(Math.abs(loss / whole - 1)).toBeLessThan(3e-7);
    for (const [name, gradient] of Object.entries(large.gradients)) {
      const largest = tf.tidy(() => tf.max(tf.abs(gradient)).arraySync()) as number;
      const apart = tf.tidy(() => tf.max(tf.abs(tf.sub(gradient, sums.gradients[name]!))).arraySync());
      expect(apart, name).toBeLessThanOrEqual(name.endsWith('c_attn.bias') ? 1e-4 : 4e-6 * largest);
    }
    tf.dispose([{ ...large }, { ...sums }]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a step without a supervised token is refused, a micro-batch without one is not', () => {
    const before = tf.memory().numTensors;
    const empty = () => ({ lossSum: tf.scalar(0), tokens: 0, gradients: { a: tf.scalar(0) } });
    const accumulator = new GradientAccumulator();
    accumulator.add(empty());
    expect(() => accumulator.take()).toThrow('every label is -100');
    accumulator.add(empty());
    accumulator.add({ ...empty(), tokens: 2 });
    accumulator.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
