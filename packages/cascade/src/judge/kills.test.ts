/** What ends a NaN: ops whose result cannot show it are events, whatever they return. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../taps/trace.ts';
import { cpuSession } from '../testing/attention-graph.ts';
import { finite, traceOf, withInf, withNaN } from '../testing/records.ts';
import { classifyOps } from './classify.ts';

beforeAll(async () => {
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
});

/** Kernel and class of the last op of a program on a NaN and a 1. */
async function lastOf(program: (x: tf.Tensor1D) => tf.Tensor): Promise<[string, string]> {
  const trace = openTrace(cpuSession, 'health');
  tf.tidy(() => trace.run('metrics', () => program(tf.tensor1d([Number.NaN, 1]))));
  const collected = await trace.collect();
  trace.close();
  return [collected.records.at(-1)!.kernel, classifyOps(collected).at(-1)!.class];
}

describe('kills', () => {
  it.each([
    ['ArgMax', (x) => tf.argMax(x)],
    ['ArgMin', (x) => tf.argMin(x)],
    ['Greater', (x) => tf.greater(x, 0)],
    ['LessEqual', (x) => tf.lessEqual(x, 0)],
    ['Equal', (x) => tf.equal(x, x)],
    ['NotEqual', (x) => tf.notEqual(x, x)],
    ['IsNan', (x) => tf.isNaN(x)],
    ['Cast', (x) => tf.cast(x, 'int32')],
    ['Cast', (x) => tf.cast(x, 'bool')],
    ['Select', (x) => tf.where(tf.tensor1d([false, true], 'bool'), x, tf.zerosLike(x))],
    ['Slice', (x) => tf.slice(x, 1, 1)],
    ['GatherV2', (x) => tf.gather(x, tf.tensor1d([1], 'int32'))],
  ] as readonly [string, (x: tf.Tensor1D) => tf.Tensor][])(
    '%s ends what it cannot show',
    async (kernel, program) => {
      expect(await lastOf(program)).toEqual([kernel, 'kill']);
    },
  );

  it.each([
    ['Max', (x) => tf.max(x)],
    ['Min', (x) => tf.min(x)],
    ['Relu', (x) => tf.relu(x)],
    ['ClipByValue', (x) => tf.clipByValue(x, -1, 1)],
    ['Maximum', (x) => tf.maximum(x, 0)],
  ] as readonly [string, (x: tf.Tensor1D) => tf.Tensor][])(
    '%s passes it on as it stands here; where one swallows it, that is a kill',
    async (kernel, program) => {
      expect(await lastOf(program)).toEqual([kernel, 'prop']);
      const swallowed = traceOf([{ kernel, in: ['x'], out: finite() }], { x: withNaN() });
      expect(classifyOps(swallowed)[0]).toEqual({ class: 'kill' });
    },
  );

  it('a NaN that ends while an infinity goes on is reported', () => {
    const both = { ...withNaN(), negInf: 1, firstInf: 1 };
    const judge = (out = withInf(0, 1)) =>
      classifyOps(traceOf([{ kernel: 'Max', in: ['x'], out }], { x: both }))[0];
    expect(judge()).toEqual({ class: 'prop', ended: 'NaN' });
    expect(judge(both)).toEqual({ class: 'prop' });
  });
});
