import { describe, expect, it } from 'vitest';
import { initialValues } from './families.ts';
import { presetConfig } from './presets.ts';
import { normalQuantile, normalValues } from './random.ts';

describe('normal random numbers', () => {
  it('are these bits on every platform', () => {
    const values = normalValues(42, 'transformer.wte.weight', 6, 1);
    expect([...new Uint32Array(values.buffer)]).toEqual([
      3194536534, 3212886183, 3195773888, 3212937633, 3214380475, 1036425217,
    ]);
  });

  it('have the moments of a normal distribution', () => {
    const values = normalValues(7, 'a', 400_000, 1);
    const mean = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(mean(1)).toBeCloseTo(0, 2);
    expect(mean(2)).toBeCloseTo(1, 2);
    expect(mean(4)).toBeCloseTo(3, 1);
  });

  it('differ by seed and by stream, and a longer stream begins with the shorter one', () => {
    const values = (seed: number, stream: string, size = 4) => [...normalValues(seed, stream, size, 1)];
    expect(values(1, 'a')).not.toEqual(values(2, 'a'));
    expect(values(1, 'a')).not.toEqual(values(1, 'b'));
    expect(values(1, 'a', 9).slice(0, 4)).toEqual(values(1, 'a'));
  });

  it('the quantile is odd and right at known points', () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.999, 3.090232306167813],
      [1e-9, -5.997807015008182],
    ] as const) {
      expect(normalQuantile(p)).toBeCloseTo(z, 7);
      expect(normalQuantile(1 - p)).toBeCloseTo(-z, 6);
    }
  });
});

describe('initialisation', () => {
  const config = presetConfig('tiny');
  const deviation = (name: string) => {
    const values = initialValues(config, name, 16384, 3);
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };

  it('scales residual projections by 1/sqrt(2 L), others by initializer_range', () => {
    expect(deviation('transformer.h.0.mlp.c_fc.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('transformer.h.0.mlp.c_proj.weight')).toBeCloseTo(0.01, 3);
    expect(deviation('transformer.h.1.attn.c_proj.weight')).toBeCloseTo(0.01, 3);
  });

  it('sets LayerNorm to ones and zeros, and biases to zero', () => {
    expect([...initialValues(config, 'transformer.ln_f.weight', 2, 3)]).toEqual([1, 1]);
    expect([...initialValues(config, 'transformer.h.0.ln_1.bias', 2, 3)]).toEqual([0, 0]);
    expect([...initialValues(config, 'transformer.h.0.attn.c_attn.bias', 2, 3)]).toEqual([0, 0]);
  });
});
