import { safePolicy } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HostBatch, uploadBatch } from '../batch.ts';
import type { CausalLM } from '../causal-lm.ts';
import { presetConfig } from '../presets.ts';
import { loadCausalLM } from '../weights/load.ts';

const config = presetConfig('tiny');

function host(B: number, T: number, change: Partial<HostBatch> = {}): HostBatch {
  return {
    shape: [B, T],
    inputIds: Int32Array.from({ length: B * T }, (_, i) => (i * 37) % 256),
    attentionMask: new Int32Array(B * T).fill(1),
    positionIds: Int32Array.from({ length: B * T }, (_, i) => i % T),
    ...change,
  };
}

describe('a batch', () => {
  it.each<[string, HostBatch, string]>([
    ['longer than n_positions', host(1, 257), 'sequence of 257 tokens, expected at most n_positions = 256'],
    [
      'with an id outside the vocabulary',
      host(2, 2, { inputIds: [0, 1, 2, 258] }),
      'token id 258 at row 1, position 1: expected 0 to 257',
    ],
    ['with a negative id', host(1, 2, { inputIds: [0, -1] }), 'token id -1 at row 0, position 1'],
    [
      'with a position outside the table',
      host(1, 2, { positionIds: [0, 256] }),
      'position id 256 at row 0, position 1',
    ],
  ])('%s is refused before it reaches the device', (_, batch, message) => {
    const before = tf.memory().numTensors;
    expect(() => uploadBatch(config, batch)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the forward pass', () => {
  let model: CausalLM;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    model = await loadCausalLM({ preset: 'tiny', seed: 1 });
  });

  it('gives [B,T,C], captures every stage by name and leaves nothing behind', () => {
    const batch = uploadBatch(config, host(2, 5));
    const before = tf.memory().numTensors;
    const shapes: Record<string, number[]> = {};
    const hidden = model.hidden(batch, {
      implementation: 'eager',
      policy: safePolicy,
      capture: (name, tensor) => {
        shapes[name] = tensor.shape;
      },
    });
    expect(hidden.shape).toEqual([2, 5, 64]);
    // Every tensor of the residual stream has one shape.
    const stream = ['attention.0', 'attention_residual.0', 'layer.0'].flatMap((name) => [
      [name, [2, 5, 64]],
      [name.replace('0', '1'), [2, 5, 64]],
    ]);
    expect(shapes).toEqual({
      ...Object.fromEntries(stream),
      'hidden_states.0': [2, 5, 64],
      'attn_probs.0': [2, 4, 5, 5],
      'hidden_states.1': [2, 5, 64],
      'attn_probs.1': [2, 4, 5, 5],
      'hidden_states.2': [2, 5, 64],
      ln_f_out: [2, 5, 64],
    });
    hidden.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not look at tokens to the right, nor at the other row', async () => {
    const run = async (inputIds: number[]) => {
      const batch = uploadBatch(config, host(2, 4, { inputIds }));
      const hidden = model.hidden(batch, { implementation: 'sdpa', policy: safePolicy });
      return [...(await hidden.data())];
    };
    const a = await run([1, 2, 3, 4, 5, 6, 7, 8]);
    const b = await run([1, 2, 9, 9, 5, 6, 7, 8]);
    expect(b.slice(0, 128)).toEqual(a.slice(0, 128));
    expect(b.slice(128, 256)).not.toEqual(a.slice(128, 256));
    expect(b.slice(256)).toEqual(a.slice(256));
  });

  it('the seed decides the weights', async () => {
    const other = await loadCausalLM({ preset: 'tiny', seed: 2 });
    const same = await loadCausalLM({ preset: 'tiny', seed: 1 });
    const wte = (m: CausalLM) => m.parameters['transformer.wte.weight']!.dataSync().slice(0, 4);
    expect(wte(same)).toEqual(wte(model));
    expect(wte(other)).not.toEqual(wte(model));
  });
});
