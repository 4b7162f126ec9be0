import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { activate } from './activation.ts';

beforeAll(() => tf.setBackend('cpu'));

it('laplace in bfloat16 takes its mean as a bfloat16, as PyTorch does', () => {
  // Some of the 65,280 finite bfloat16 numbers: those where a mean in float32 gives another result (torch 2.15, LaplaceActivation).
  const [x, expected] = [
    [0.009765625, 0.056640625, 0.119140625, 0.142578125],
    [0.0078125, 0.01171875, 0.01953125, 0.0234375],
  ];
  expect([...activate('laplace', tf.tensor2d(x!, [1, 4]), 'bf16').dataSync()]).toEqual(expected);
});
