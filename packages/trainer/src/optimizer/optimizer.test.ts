import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, gradientNorm, gradientScale, isDecayed, SGD } from '../index.ts';

const parameter = () => ({ 'h.weight': tf.tidy(() => tf.variable(tf.tensor2d([[1, 2]]))) });

describe('optimizers', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('weight decay leaves out biases, LayerNorm and embeddings unless all are asked for', () => {
    const shapes: [string, number[], boolean][] = [
      ['transformer.wte.weight', [9, 4], false],
      ['transformer.wpe.weight', [9, 4], false],
      ['transformer.h.0.ln_1.weight', [4], false],
      ['transformer.h.0.attn.c_attn.weight', [4, 12], true],
      ['transformer.h.0.attn.c_attn.bias', [12], false],
      ['lm_head.weight', [9, 4], true],
    ];
    for (const [name, shape, decayed] of shapes) {
      expect(isDecayed(name, shape, 'linear'), name).toBe(decayed);
      expect(isDecayed(name, shape, 'all')).toBe(true);
    }
  });

  it.each([
    ['AdamW', AdamW, ['exp_avg/h.weight', 'exp_avg_sq/h.weight']],
    ['SGD', SGD, ['momentum_buffer/h.weight']],
  ] as const)(
    '%s goes on from a saved state exactly, and leaves no tensor behind',
    async (_, Kind, names) => {
      const before = tf.memory().numTensors;
      const gradients = { 'h.weight': tf.tensor2d([[0.3, -0.7]]) };
      const [whole, cut] = [parameter(), parameter()];
      const options = { momentum: 0.9, weightDecay: 0.1 };
      const through = new Kind(whole, options);
      for (let step = 0; step < 5; step++) through.step(gradients, 0.1);
      const first = new Kind(cut, options);
      first.step(gradients, 0.1);
      first.step(gradients, 0.1);
      expect(Object.keys(first.stateTensors())).toEqual(names);
      const second = new Kind(cut, options);
      second.load({ steps: first.steps, tensors: first.stateTensors() });
      first.dispose();
      for (let step = 0; step < 3; step++) second.step(gradients, 0.1);
      expect(second.steps).toBe(5);
      expect(cut['h.weight'].arraySync()).toEqual(whole['h.weight'].arraySync());
      through.dispose();
      second.dispose();
      tf.dispose([whole, cut, gradients]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('a clone of a parameter keeps the values it was taken at', () => {
    tf.tidy(() => {
      const parameters = parameter();
      const snapshot = parameters['h.weight'].clone();
      const optimizer = new AdamW(parameters);
      optimizer.step({ 'h.weight': tf.ones([1, 2]) }, 0.1);
      expect(snapshot.arraySync()).toEqual([[1, 2]]);
      expect(parameters['h.weight'].arraySync()).not.toEqual([[1, 2]]);
      optimizer.dispose();
      tf.dispose(parameters);
    });
  });

  it.each([
    [{}, 'no tensor "exp_avg/h.weight"'],
    [{ 'exp_avg/h.weight': [1, 3] }, 'has shape [1,3], expected [1,2]'],
    [{ 'exp_avg/h.weight': [1, 2], 'exp_avg_sq/h.weight': [1, 2], other: [1] }, 'tensor "other" is not part'],
  ])('a state of %o is refused', (shapes, message) => {
    const parameters = parameter();
    const optimizer = new AdamW(parameters);
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.zeros(shape)]),
    );
    expect(() => optimizer.load({ steps: 1, tensors })).toThrow(message);
    expect(optimizer.steps).toBe(0);
    optimizer.dispose();
    tf.dispose([parameters, tensors]);
  });

  it.each([
    [{ beta1: 1 }, 'beta1 is 1, expected at least 0 and less than 1'],
    [{ epsilon: -1 }, 'epsilon is -1, expected at least 0'],
    [{ epsilon: 1e-50 }, 'epsilon is 1e-50, expected 0 or at least 3.7'],
    [{ epsilon: 1e-37 }, 'epsilon is 1e-37, expected 0 or at least 3.7'],
    [{ weightDecay: Number.NaN }, 'weight decay is NaN'],
  ])('%o is refused', (options, message) => {
    expect(() => new AdamW({}, options)).toThrow(message);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'a gradient of %d shows in the norm, and a clipped update does not heal it',
    (poison) => {
      tf.tidy(() => {
        const parameters = parameter();
        const gradients = { 'h.weight': tf.tensor2d([[poison, 1]]) };
        const norm = gradientNorm(gradients, 2);
        expect(norm.arraySync()).toBe(poison);
        const optimizer = new AdamW(parameters);
        optimizer.step(gradients, 0.1, gradientScale(norm, 2, 1));
        expect((parameters['h.weight'].arraySync() as number[][])[0]![0]).toBeNaN();
        optimizer.dispose();
        tf.dispose(parameters);
      });
    },
  );
});
