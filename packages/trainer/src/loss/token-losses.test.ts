import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkLossOptions, tokenLosses } from '../index.ts';

describe('loss options', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each([
    [{ labelSmoothing: 1 }, 'label smoothing is 1, expected at least 0 and less than 1'],
    [{ labelSmoothing: -0.1 }, 'label smoothing is -0.1'],
    [{ labelSmoothing: Number.NaN }, 'label smoothing is NaN'],
    [{ zLoss: -1 }, 'z-loss is -1'],
    [{ zLoss: Number.POSITIVE_INFINITY }, 'z-loss is Infinity'],
  ])('%o is refused', (options, message) => {
    expect(() => checkLossOptions(options)).toThrow(message);
  });

  it('a NaN row has a NaN loss under every option, unless its label is ignored', async () => {
    const losses = tf.tidy(() =>
      tokenLosses(
        tf.tensor2d([
          [Number.NaN, 1],
          [Number.NaN, 1],
          [1, 1],
        ]),
        tf.tensor1d([0, -100, -100], 'int32'),
        { labelSmoothing: 0.1, zLoss: 1e-4 },
      ),
    );
    expect([...(await losses.data())]).toEqual([Number.NaN, 0, 0]);
    losses.dispose();
  });
});
