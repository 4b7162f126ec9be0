import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { classifyOps } from '../judge/classify.ts';
import { contextOf } from '../judge/context.ts';
import { openTrace } from '../taps/trace.ts';
import { attentionGraph, cpuSession } from '../testing/attention-graph.ts';
import { positionPicture } from './picture.ts';
import { spreadOf } from './spread.ts';

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
