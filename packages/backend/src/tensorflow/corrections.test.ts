/** The native product against its composition, bit for bit, and that taps see one kernel; skipped without TensorFlow. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../backend.ts';
import { tensorflow } from './index.ts';

const probe = await tensorflow.probe();
const why = probe.available ? '' : ` (skipped: ${probe.reason})`;

describe.skipIf(!probe.available)(`_FusedMatMul on tensorflow${why}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await tensorflow.open();
  });
  afterAll(() => session.dispose());

  it.each([
    ['linear', false, false],
    ['relu', true, false],
    ['relu6', false, true],
  ] as const)('%s, transposeA %s, transposeB %s', async (activation, transposeA, transposeB) => {
    const a = tf.randomNormal(transposeA ? [7, 5] : [5, 7], 0, 1, 'float32', 1) as tf.Tensor2D;
    const b = tf.randomNormal(transposeB ? [6, 7] : [7, 6], 0, 1, 'float32', 2) as tf.Tensor2D;
    const bias = tf.tensor1d([1, Number.NaN, 3, Number.POSITIVE_INFINITY, -5, 0]);
    const fused = tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation });
    const sum = tf.add(tf.matMul(a, b, transposeA, transposeB), bias);
    const composed = activation === 'linear' ? sum : activation === 'relu' ? tf.relu(sum) : tf.relu6(sum);
    expect(fused.shape).toEqual([5, 6]);
    expect(await fused.data()).toEqual(await composed.data());
  });

  it('runs as one kernel, and leaves one tensor', () => {
    const [a, b, bias] = [tf.ones([2, 2]) as tf.Tensor2D, tf.ones([2, 2]) as tf.Tensor2D, tf.ones([2])];
    const before = tf.memory().numTensors;
    const kernels: string[] = [];
    const engine = tf.engine() as unknown as { runKernel: (name: string, ...rest: unknown[]) => unknown };
    const { runKernel } = engine;
    engine.runKernel = (name, ...rest) => {
      kernels.push(name);
      return runKernel.call(engine, name, ...rest);
    };
    try {
      tf.fused.matMul({ a, b, bias });
    } finally {
      engine.runKernel = runKernel;
    }
    expect(kernels.filter((name) => name !== 'Reshape')).toEqual(['_FusedMatMul']);
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
