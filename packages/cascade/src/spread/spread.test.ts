import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { classifyOps } from '../judge/classify.ts';
import { contextOf } from '../judge/context.ts';
import { openTrace } from '../taps/trace.ts';
import { attentionGraph, cpuSession } from '../testing/attention-graph.ts';
import { traceOf } from '../testing/records.ts';
import { positionPicture, spreadOf } from './spread.ts';

beforeAll(async () => {
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
});

const keep = [
  [1, 1, 1, 1],
  [0, 0, 1, 1],
];
const context = contextOf(keep, true);

async function pictureOf(fill: 'select' | 'additive') {
  const trace = openTrace(cpuSession, 'health');
  trace.run('forward', () => attentionGraph({ keep, fill, softmax: 'eager' })).dispose();
  const batch = await trace.collect();
  trace.close();
  const picture = positionPicture(batch, context);
  return { picture, steps: spreadOf(batch, classifyOps(batch, context), picture, context) };
}

it('shows layer x position, per batch row', async () => {
  const { picture } = await pictureOf('select');
  expect(picture.layers).toEqual(['embeddings', 'h.0', 'h.1', 'ln_f']);
  expect(picture.cells).toEqual([
    ['....', '....', '....', '....'],
    ['....', 'NN..', 'NNNN', 'NNNN'],
  ]);
});

it('states the two steps: masked queries first, then the whole sequence', async () => {
  const { steps } = await pictureOf('select');
  expect(steps).toEqual([
    {
      layer: 'h.0',
      row: 1,
      from: 0,
      to: 1,
      why: expect.stringMatching(/^fully masked row: query 0 of batch row 1/),
    },
    { layer: 'h.1', row: 1, from: 0, to: 3, why: expect.stringMatching(/^inherited through 0 \* NaN/) },
  ]);
});

it('sees that an additive mask lets NaN keys through to the scores', async () => {
  const { steps } = await pictureOf('additive');
  expect(steps[1]?.why).toMatch(/^inherited through the scores/);
});

describe('a NaN that came in with a weight at the last position', () => {
  const row = (nan: string) => ({ rows: nan, shape: [4, 2] });
  const withNaN = { size: 8, nan: 2, posInf: 0, negInf: 0, firstNaN: 6 };
  const all = { size: 8, nan: 8, posInf: 0, negInf: 0, firstNaN: 0 };
  const graph = traceOf(
    [
      { kernel: 'GatherV2', path: 'transformer.embeddings', in: ['wte'], out: withNaN, ...row('...N') },
      {
        kernel: 'Softmax',
        path: 'transformer.h.0/attn/probs',
        in: [0],
        out: { ...all, size: 16, nan: 16 },
        shape: [1, 1, 4, 4],
      },
      { kernel: 'Add', path: 'transformer.h.0/output', in: [0, 1], out: all, ...row('NNNN') },
    ],
    { wte: { size: 34, nan: 2, posInf: 0, negInf: 0, firstNaN: 32 } },
  );
  const one = contextOf([[1, 1, 1, 1]], true);
  const steps = spreadOf(graph, classifyOps(graph, one), positionPicture(graph, one), one);

  it('is recognised by the weight, and its way by where the position really is', () => {
    expect(steps).toMatchObject([
      {
        layer: 'embeddings',
        from: 3,
        to: 3,
        why: expect.stringMatching(/^external input: wte holds 2 NaN, the first at/),
      },
      {
        layer: 'h.0',
        from: 0,
        to: 3,
        why: 'inherited through the scores: keys at the later position 3 are NaN, and the mask does not remove them',
      },
    ]);
  });
});
