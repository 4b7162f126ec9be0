import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionGraph, cpuSession } from '../testing/attention-graph.ts';
import { namesOf } from './names.ts';
import { openTrace } from './trace.ts';

beforeAll(async () => {
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
});

const keep = [[0, 1, 1]];

describe('openTrace', () => {
  it.each(['off', 'gate'] as const)('at level %s registers nothing', async (level) => {
    const trace = openTrace(cpuSession, level);
    expect(tf.getKernelsForBackend('cpu-traced')).toEqual([]);
    const result = trace.run('forward', () => tf.getBackend());
    expect(result).toBe('cpu');
    expect((await trace.collect()).records).toEqual([]);
    trace.close();
  });

  it('gives every batch the same keys, each once', async () => {
    const trace = openTrace(cpuSession, 'health');
    const keys: string[][] = [];
    for (let batch = 0; batch < 3; batch++) {
      trace.run('forward', () => attentionGraph({ keep, softmax: 'eager', fill: 'select' })).dispose();
      const { records, batch: number } = await trace.collect();
      expect(number).toBe(batch);
      keys.push(records.map(({ key }) => key));
    }
    trace.close();
    expect(keys[1]).toEqual(keys[0]);
    expect(keys[2]).toEqual(keys[0]);
    expect(new Set(keys[0]).size).toBe(keys[0]!.length);
    expect(keys[0]).toContain('forward/transformer.h.1/attn/context/BatchMatMul#0:0');
  });

  it('leaves unnamed scopes and op scopes out of the path, and counts calls per path', async () => {
    const trace = openTrace(cpuSession, 'health');
    const x = tf.scalar(1);
    trace.run('metrics', () =>
      tf.tidy('a', () => tf.tidy(() => tf.softmax(tf.stack([tf.exp(tf.exp(x)), x])))),
    );
    trace.run('metrics', () => tf.tidy('b', () => tf.exp(x)));
    trace.run('loss', () => tf.exp(x));
    const keys = (await trace.collect()).records.map(({ key }) => key);
    trace.close();
    expect(keys).toContain('metrics/a/Exp#0:0');
    expect(keys).toContain('metrics/a/Exp#1:0');
    expect(keys).toContain('metrics/b/Exp#0:0');
    expect(keys).toContain('loss/Exp#0:0');
    expect(keys.filter((key) => key.includes('__op') || key.includes('unnamed'))).toEqual([]);
  });

  it('takes up the outer phase again after an inner one', async () => {
    const trace = openTrace(cpuSession, 'health');
    const x = tf.scalar(1);
    trace.run('forward', () => {
      trace.run('loss', () => tf.exp(x));
      return tf.exp(x);
    });
    const { records } = await trace.collect();
    trace.close();
    expect(records.map(({ key }) => key)).toEqual(['loss/Exp#0:0', 'forward/Exp#0:0']);
  });

  it('files the backward half of a gradient under its own phase, with the forward scopes gone', async () => {
    const trace = openTrace(cpuSession, 'health');
    const x = tf.tensor1d([1, 2]);
    trace.run('loss', () => tf.grad((t: tf.Tensor) => tf.tidy('square', () => tf.square(t)).sum())(x));
    const { records } = await trace.collect();
    trace.close();
    expect(records.map(({ key }) => key)).toContain('loss/square/Square#0:0');
    expect(records.some(({ phase, kernel }) => phase === 'backward' && kernel === 'Multiply')).toBe(true);
  });

  it('names what comes from outside, counts it once, and follows an alias without counting', async () => {
    const weight = tf.variable(tf.tensor2d([[1, Number.NaN]]));
    const trace = openTrace(cpuSession, 'health', { nameOf: namesOf({ 'wte.weight': weight }) });
    trace.run('forward', () =>
      tf.tidy(() =>
        tf
          .exp(tf.reshape(weight, [2]))
          .add(tf.scalar(1))
          .add(weight.reshape([2])),
      ),
    );
    const { records, externals } = await trace.collect();
    trace.close();
    expect(externals['wte.weight']).toMatchObject({ shape: [1, 2], health: { nan: 1, firstNaN: 1 } });
    expect(Object.keys(externals)).toEqual(['wte.weight', 'constant#0']);
    const reshaped = records.find(({ kernel }) => kernel === 'Reshape');
    expect(reshaped).toMatchObject({ alias: true, inputs: [{ external: 'wte.weight' }], health: { nan: 1 } });
  });

  it('records no health for dtypes without non-finites', async () => {
    const trace = openTrace(cpuSession, 'health');
    trace.run('metrics', () => tf.argMax(tf.tensor1d([1, Number.NaN])));
    const record = (await trace.collect()).records.at(-1)!;
    trace.close();
    expect(record).toMatchObject({ kernel: 'ArgMax', dtype: 'int32' });
    expect(record).not.toHaveProperty('health');
  });

  it('changes no bit of what it watches', async () => {
    const graph = () => attentionGraph({ keep, softmax: 'exp(s - max)', fill: 'additive' });
    const untraced = await graph().data();
    const trace = openTrace(cpuSession, 'full');
    const traced = await trace.run('forward', graph).data();
    trace.close();
    expect(new Uint32Array(traced.buffer)).toEqual(new Uint32Array(untraced.buffer));
  });

  it('traces the outputs that were altered, as if the kernel had made them', async () => {
    const seen: number[] = [];
    const trace = openTrace(cpuSession, 'health', {
      alter: (outputs) => {
        seen.push(outputs.length);
        if (seen.length !== 2) return outputs;
        tf.backend().disposeData(outputs[0]!.dataId);
        // Not reported: it is run inside of the kernel.
        return [tf.tidy(() => tf.exp(tf.tensor1d([Number.NaN])))];
      },
    });
    const { numTensors } = tf.memory();
    const x = tf.tensor1d([1]);
    const result = trace.run('forward', () => tf.tidy(() => tf.neg(tf.exp(tf.neg(x)))));
    const { records } = await trace.collect();
    expect(records.map(({ kernel, health }) => [kernel, health?.nan])).toEqual([
      ['Neg', 0],
      ['Exp', 1],
      ['Neg', 1],
    ]);
    expect(seen).toEqual([1, 1, 1]);
    tf.dispose([x, result]);
    trace.close();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('passes on promises and errors, and switches back after both', async () => {
    const trace = openTrace(cpuSession, 'health');
    const during = await trace.run('forward', async () => {
      await tf.nextFrame();
      return tf.getBackend();
    });
    expect(during).toBe('cpu-traced');
    expect(tf.getBackend()).toBe('cpu');
    expect(() =>
      trace.run('forward', () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(tf.getBackend()).toBe('cpu');
    expect(() => openTrace(cpuSession, 'health')).toThrow(/traced already/);
    trace.close();
    openTrace(cpuSession, 'health').close();
  });

  it('sees kernels that were defined after an earlier trace', async () => {
    openTrace(cpuSession, 'health').close();
    tf.registerKernel({
      kernelName: 'Late',
      backendName: 'cpu',
      kernelFunc: ({ inputs }) => tf.exp(inputs.x as tf.Tensor),
    });
    const trace = openTrace(cpuSession, 'health');
    trace.run('forward', () => tf.engine().runKernel('Late', { x: tf.scalar(0) }));
    const { records } = await trace.collect();
    trace.close();
    tf.unregisterKernel('Late', 'cpu');
    // The Exp it runs inside itself is its own business.
    expect(records.map(({ kernel }) => kernel)).toEqual(['Late']);
  });
});

describe('a backend that someone else brought', () => {
  const tensors = () => tf.tensor2d([1, Number.NaN, Number.NEGATIVE_INFINITY, 2, 3, 4], [3, 2]);
  const expected = {
    health: { size: 6, nan: 1, posInf: 0, negInf: 1, firstNaN: 1, firstInf: 2 },
    rows: 'NI.',
  };
  const collect = async (readable: boolean) => {
    const backend = tf.backend() as unknown as Record<string, unknown>;
    if (!readable) backend.readSync = undefined;
    const trace = openTrace({ ...cpuSession, id: 'theirs' }, 'health');
    delete backend.readSync;
    const x = tensors();
    trace.run('forward', () => tf.tidy('output', () => tf.concat([x], 0))).dispose();
    trace.run('forward', () => tf.tidy('output', () => tf.tile(x, [1, 1]))).dispose();
    const batch = await trace.collect();
    trace.close();
    x.dispose();
    return batch;
  };

  it('is copied out where it can be read synchronously', async () => {
    const { records, source } = await collect(true);
    expect(source.method).toMatch('after a copy');
    expect(records.at(-1)).toMatchObject(expected);
  });

  it('is counted by composed ops where it cannot, holding no memory', async () => {
    const { numTensors } = tf.memory();
    const { records, source, bytesRead } = await collect(false);
    expect(source.method).toMatch('composed');
    expect(records.at(-1)).toMatchObject(expected);
    expect(bytesRead).toBeGreaterThan(0);
    expect(records.some(({ kernel }) => kernel === 'IsNan')).toBe(false);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
