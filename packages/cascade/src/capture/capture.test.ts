import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { namesOf } from '../taps/names.ts';
import { openTrace } from '../taps/trace.ts';
import { cpuSession } from '../testing/attention-graph.ts';
import type { CapturedOp } from './attrs.ts';
import { openCapture } from './capture.ts';
import { openDigest, sampledPositions } from './digest.ts';
import { replayOp } from './replay.ts';

beforeAll(async () => {
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
});

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors, 'tensors left behind').toBe(tensors);
  expect(tf.getKernelsForBackend('cpu-traced')).toEqual([]);
});

/** exp(x w) in a scope, its inputs gone before anything is read. */
const graph = (x: tf.Tensor2D, w: tf.Tensor2D) =>
  tf.tidy(() => tf.tidy('mlp', () => tf.exp(tf.matMul(x, w))).sum());

async function captured(calls: string[], mostBytes?: number) {
  const [x, w] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0.5], [Number.NaN]])];
  const nameOf = namesOf({ 'h.0.weight': w });
  const capture = openCapture(cpuSession, {
    calls,
    nameOf,
    ...(mostBytes === undefined ? {} : { mostBytes }),
  });
  const result = capture.run('forward', () => graph(x, w));
  const captures = await capture.collect();
  capture.close();
  tf.dispose([x, w, result]);
  return captures;
}

describe('openCapture', () => {
  it('keeps attributes, inputs with where they come from, and outputs, under the keys of a trace', async () => {
    const [product, exponential] = await captured(['forward/mlp/BatchMatMul#0', 'forward/mlp/Exp#0']);
    expect(product).toMatchObject({
      kernel: 'BatchMatMul',
      attrs: { transposeA: false, transposeB: false },
      inputs: [
        { name: 'a', shape: [1, 2], dtype: 'float32', from: { external: 'an external tensor' } },
        { name: 'b', shape: [2, 1], from: { external: 'h.0.weight' } },
      ],
    });
    expect((product as CapturedOp).inputs[1]!.values).toEqual(Float32Array.of(0.5, Number.NaN));
    expect((exponential as CapturedOp).outputs[0]!.values).toEqual(Float32Array.of(Number.NaN));
    const trace = openTrace(cpuSession, 'health');
    const [x, w] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0.5], [1]])];
    const result = trace.run('forward', () => graph(x, w));
    const keys = (await trace.collect()).records.map(({ key }) => key);
    trace.close();
    tf.dispose([x, w, result]);
    expect(keys).toContain('forward/mlp/BatchMatMul#0:0');
    expect(keys.map((key) => ({ record: key }))).toContainEqual((exponential as CapturedOp).inputs[0]!.from);
  });

  it('refuses what is too large, and what never ran, with the reason', async () => {
    const [large, absent] = await captured(['forward/mlp/Exp#0', 'forward/mlp/Exp#1'], 7);
    expect(large).toEqual({
      key: 'forward/mlp/Exp#0',
      refused: expect.stringMatching(/^its inputs and outputs are .*above the bound of .* for one op$/),
    });
    expect(absent).toEqual({ key: 'forward/mlp/Exp#1', refused: 'no call of this name ran' });
  });

  it('refuses attributes that are no data', async () => {
    tf.registerKernel({
      kernelName: 'Closure',
      backendName: 'cpu',
      kernelFunc: tf.getKernel('Identity', 'cpu').kernelFunc,
    });
    const x = tf.scalar(1);
    const capture = openCapture(cpuSession, { calls: ['forward/Closure#0'] });
    const y = capture.run('forward', () =>
      tf.engine().runKernel('Closure', { x }, { by: (() => 1) as never }),
    ) as tf.Tensor;
    expect(await capture.collect()).toEqual([
      { key: 'forward/Closure#0', refused: expect.stringContaining('attribute by is a function') },
    ]);
    capture.close();
    tf.dispose([x, y]);
    tf.unregisterKernel('Closure', 'cpu');
  });
});

describe('replayOp', () => {
  it('gives the captured outputs again, bit by bit', async () => {
    const [product] = (await captured(['forward/mlp/BatchMatMul#0'])) as CapturedOp[];
    expect(await replayOp(product!)).toEqual(product!.outputs);
    const inputs = product!.inputs.map((input) => ({ ...input, values: Float32Array.of(3, 5) }));
    expect((await replayOp({ ...product!, inputs }))[0]!.values).toEqual(Float32Array.of(34));
  });

  it('says when the backend has no such kernel', async () => {
    await expect(replayOp({ kernel: 'Nothing', attrs: {}, inputs: [] })).rejects.toThrow(
      'the backend cpu has no kernel Nothing',
    );
  });
});

describe('openDigest', () => {
  it('takes the first and the last element and what lies evenly between, in one read', async () => {
    expect([...sampledPositions(3)]).toEqual([0, 1, 2]);
    const positions = sampledPositions(1000);
    expect([positions.length, positions[0], positions.at(-1)]).toEqual([64, 0, 999]);
    const x = tf.range(0, 1000);
    const digest = openDigest(cpuSession);
    const y = digest.run('forward', () => tf.tidy(() => tf.argMax(tf.neg(tf.add(x, 1)))));
    const found = await digest.collect();
    digest.close();
    tf.dispose([x, y]);
    expect(found.map(({ key, size }) => [key, size])).toEqual([
      ['forward/Add#0:0', 1000],
      ['forward/Neg#0:0', 1000],
    ]);
    expect(found[1]!.samples).toEqual(Float32Array.from(positions, (at) => -(at + 1)));
  });
});
