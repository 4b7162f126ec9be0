import { loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  EvalAccumulator,
  type RunPhase,
  rowsPerChunk,
  scoreRows,
  shiftLabels,
  supervisedRows,
} from './index.ts';

describe('labels', () => {
  it('shift by one within each row', () => {
    expect([...shiftLabels([1, 2, 3, -100, 5, 6], [2, 3])]).toEqual([2, 3, 5, 6]);
    expect([...shiftLabels([1, 2], [2, 1])]).toEqual([]);
  });

  it('name the rows that predict a live label: the last pad of a left-padded row does', () => {
    const { rows, labels } = supervisedRows([1, 2, 3, -100, 5, 6], [2, 3], 10);
    expect([...rows]).toEqual([0, 1, 3, 4]);
    expect([...labels]).toEqual([2, 3, 5, 6]);
  });

  it.each([10, -1, -99])('%d is refused with its place', (label) => {
    expect(() => supervisedRows([1, 2, label], [1, 3], 10)).toThrow(`label ${label} at row 0, position 2`);
  });
});

describe('metrics', () => {
  const add = (...batches: [number[], number[], number[]][]) => {
    const accumulator = new EvalAccumulator();
    for (const [losses, predictions, labels] of batches) accumulator.add({ losses, predictions, labels });
    return accumulator.metrics();
  };

  it('the loss is a mean over tokens, not a mean of batch means', () => {
    const metrics = add(
      [[1], [3], [3]],
      [
        [2, 2, 2],
        [1, 1, 3],
        [3, 1, 3],
      ],
    );
    expect(metrics).toMatchObject({
      loss: 1.75,
      lossError: 0.25,
      perplexity: Math.exp(1.75),
      accuracy: 0.75,
      supervisedTokens: 4,
      correct: 3,
    });
  });

  it('skips ignored labels, whatever stands beside them', () => {
    expect(
      add([
        [Number.NaN, 1],
        [-1, 2],
        [-100, 2],
      ]),
    ).toMatchObject({
      loss: 1,
      accuracy: 1,
      supervisedTokens: 1,
      nonFinite: { nan: 0, posInf: 0, negInf: 0 },
    });
  });

  it('has no standard error of one token, nor where a loss is not finite', () => {
    expect(add([[1], [2], [2]]).lossError).toBeNaN();
    expect(
      add([
        [1, Number.NaN, 2],
        [2, 2, 2],
        [2, 2, 2],
      ]).lossError,
    ).toBeNaN();
    expect(
      add([
        [1, Number.POSITIVE_INFINITY, 2],
        [2, 2, 2],
        [2, 2, 2],
      ]).lossError,
    ).toBeNaN();
  });

  it('one NaN makes the loss NaN, and a row without an answer is never right', () => {
    const metrics = add([
      [1, Number.NaN, Number.POSITIVE_INFINITY],
      [0, -1, 2],
      [0, 0, 2],
    ]);
    expect(metrics).toMatchObject({
      loss: Number.NaN,
      perplexity: Number.NaN,
      correct: 2,
      unanswerable: 1,
      nonFinite: { nan: 1, posInf: 1, negInf: 0 },
    });
  });

  it('no supervised token: NaN, with the count that says why', () => {
    expect(add([[1], [1], [-100]])).toMatchObject({
      loss: Number.NaN,
      accuracy: Number.NaN,
      supervisedTokens: 0,
    });
  });

  it('refuses results of different lengths', () => {
    expect(() => add([[1, 2], [1], [1]])).toThrow('1 labels with 2 losses');
  });
});

describe('scoring rows', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('gives the same numbers in one chunk or many, in the phases it names, and leaves nothing behind', async () => {
    const model = await loadCausalLM({ preset: 'tiny', seed: 1 });
    const hidden = tf.randomNormal([2, 40, 64], 0, 1, 'float32', 5) as tf.Tensor3D;
    const supervised = supervisedRows(
      Int32Array.from({ length: 80 }, (_, i) => i),
      [2, 40],
      258,
    );
    const phases: string[] = [];
    const before = tf.memory().numTensors;
    const run = async (chunk: number) => {
      const labelled: RunPhase = (phase, work) => {
        phases.push(phase);
        return work();
      };
      const scores = scoreRows(model, hidden, supervised, labelled, chunk);
      const out = [[...(await scores.losses.data())], [...(await scores.predictions.data())]];
      tf.dispose([scores.losses, scores.predictions]);
      return out;
    };
    const whole = await run(1000);
    expect(whole[0]).toHaveLength(78);
    expect(await run(7)).toEqual(whole);
    expect(new Set(phases)).toEqual(new Set(['forward', 'loss', 'metrics']));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps a chunk of logits under 128 MiB', () => {
    expect(rowsPerChunk(50257) * 50257 * 4).toBeLessThan(128 * 2 ** 20);
    expect(rowsPerChunk(1e9)).toBe(1);
  });
});
