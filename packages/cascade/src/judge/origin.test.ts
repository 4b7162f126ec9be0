import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../taps/trace.ts';
import { attentionGraph, cpuSession, type GraphOptions } from '../testing/attention-graph.ts';
import { finite, traceOf, withInf, withNaN } from '../testing/records.ts';
import { classifyOps } from './classify.ts';
import { contextOf } from './context.ts';
import { findOrigin } from './origin.ts';

beforeAll(async () => {
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
});

/** The padded sample is batch row 1, with two pads on the left: queries 0 and 1 see no key. */
const keep = [
  [1, 1, 1, 1],
  [0, 0, 1, 1],
];

async function originOf(options: Omit<GraphOptions, 'keep'>, rows = keep, withFacts = true) {
  const trace = openTrace(cpuSession, 'health');
  trace.run('forward', () => attentionGraph({ keep: rows, ...options })).dispose();
  const batch = await trace.collect();
  trace.close();
  return findOrigin(batch, withFacts ? contextOf(rows, true) : undefined);
}

describe.each(['select', 'additive'] as const)('a fully masked row, mask by %s', (fill) => {
  it.each([
    ['eager', 'Softmax'],
    ['exp(s - max)', 'Sub'],
  ] as const)('is found in %s', async (softmax, kernel) => {
    for (const withFacts of [true, false]) {
      expect(await originOf({ softmax, fill }, keep, withFacts)).toMatchObject({
        key: `forward/transformer.h.0/attn/probs/${kernel}#0:0`,
        kind: 'NaN',
        coordinates: [1, 0, 0, 0],
        coordinateNames: ['batch', 'head', 'query', 'key'],
        mechanism: { name: 'fully masked row' },
        survives: true,
      });
    }
  });

  it('is not there when padding is on the right', async () => {
    const right = [
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ];
    expect(await originOf({ softmax: 'eager', fill }, right)).toBeUndefined();
  });
});

describe('findOrigin', () => {
  it('blames a weight that was poisoned before', () => {
    const trace = traceOf([{ kernel: 'Linear', in: ['x', 'wte'], out: withNaN() }], {
      x: finite(),
      wte: withNaN(),
    });
    expect(findOrigin(trace)).toMatchObject({
      mechanism: { name: 'external input', evidence: expect.stringContaining('wte') },
    });
  });

  it('walks back from a NaN to the overflow it came from', () => {
    const trace = traceOf(
      [
        { kernel: 'Exp', in: ['x'], out: withInf(1, 0) },
        { kernel: 'Sub', in: [0, 0], out: withNaN() },
      ],
      { x: { ...finite(), zero: 0, subnormal: 0, amax: 100.12345678 } },
    );
    expect(findOrigin(trace)).toMatchObject({
      record: 0,
      kind: 'Inf',
      mechanism: {
        name: 'exp overflow',
        evidence: expect.stringContaining('largest magnitude in: 100.123)'),
      },
      becameNaN: { key: 'forward/Sub#0:0', mechanism: { name: 'inf - inf' } },
    });
  });

  it('prefers a NaN that reaches a result to an earlier one that was killed', () => {
    const trace = traceOf(
      [
        { kernel: 'Log', path: 'early', in: ['x'], out: withNaN() },
        { kernel: 'Select', path: 'early', in: [0], out: finite() },
        { kernel: 'Log', path: 'late', in: [1], out: withNaN() },
      ],
      { x: finite() },
    );
    expect(findOrigin(trace)).toMatchObject({ record: 2, survives: true });
    const killed = traceOf(
      [
        { kernel: 'Log', in: ['x'], out: withNaN() },
        { kernel: 'Select', in: [0], out: finite() },
      ],
      { x: finite() },
    );
    expect(findOrigin(killed)).toMatchObject({ record: 0, survives: false });
  });

  it.each([
    ['Log', withNaN(), finite(), 'log of a negative'],
    ['Log', withInf(0, 1), finite(), 'log of 0'],
    ['Sqrt', withNaN(), finite(), 'square root of a negative'],
    ['RealDiv', withNaN(), finite(), '0 / 0'],
    ['RealDiv', withInf(1, 0), finite(), 'division by 0'],
    ['Linear', withInf(1, 0), finite(), 'matmul overflow'],
    ['Sub', withNaN(), withInf(1, 0), 'inf - inf'],
    ['Multiply', withNaN(), withInf(1, 0), '0 * inf'],
    ['Tanh', withNaN(), finite(), 'kernel fault'],
    ['Theirs', withNaN(), finite(), 'unknown'],
  ] as const)('names the mechanism of %s', (kernel, out, input, name) => {
    // The infinity of the second op's input is a first op's, killed nowhere: judge the second op alone.
    const trace = traceOf([{ kernel, path: 'mlp', in: ['x', 'x'], out }], { x: input });
    const judgements = classifyOps(trace);
    expect(judgements[0]?.class).toBe('gen');
    expect(findOrigin(trace)).toMatchObject({ mechanism: { name } });
  });

  it('splits rows [B*T, C] into batch and position', () => {
    const trace = traceOf([{ kernel: 'Log', in: ['x'], out: withNaN(1, 24, 17), shape: [8, 3] }], {
      x: finite(),
    });
    expect(findOrigin(trace, { batch: 2, positions: 4 })).toMatchObject({
      coordinates: [1, 1, 2],
      coordinateNames: ['batch', 'position', 'channel'],
    });
    expect(findOrigin(trace)).toMatchObject({ coordinates: [5, 2], coordinateNames: ['row', 'channel'] });
  });

  it('finds nothing in a finite trace', () => {
    expect(
      findOrigin(traceOf([{ kernel: 'Exp', in: ['x'], out: finite() }], { x: finite() })),
    ).toBeUndefined();
  });
});
