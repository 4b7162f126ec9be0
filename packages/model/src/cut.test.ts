import { safePolicy } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { uploadBatch } from './batch.ts';
import { cutConfig, cutName, cutWeights, wholeCut, wholeName } from './cut.ts';
import { parameterShapes, parseConfig } from './families.ts';
import type { Cut } from './family.ts';
import { buildCausalLM, type ModelWeights } from './weights/build.ts';
import { openWeights } from './weights/load.ts';

beforeAll(() => tf.setBackend('cpu'));

const config = parseConfig(
  { vocab_size: 11, n_positions: 8, n_embd: 12, n_layer: 3, n_head: 3, eos_token_id: 10, bos_token_id: 0 },
  'test',
);

/** Every weight says where it is: the number of its tensor, its row, its column. */
const numbered: ModelWeights = {
  config,
  values: async (name, size) => {
    const shape = parameterShapes(config).get(name)!;
    const columns = shape.at(-1)!;
    const tensor = [...parameterShapes(config).keys()].indexOf(name);
    return Float32Array.from(
      { length: size },
      (_, i) => tensor * 1e4 + Math.floor(i / columns) * 100 + (i % columns),
    );
  },
};

const cut: Cut = {
  layers: [0, 2],
  heads: [0, 2],
  queries: [0],
  dims: [1, 3],
  units: [5],
  vocabulary: [0, 4, 9],
  positions: [2, 3],
};

const read = (weights: ModelWeights, name: string) =>
  weights.values(
    name,
    parameterShapes(weights.config)
      .get(name)!
      .reduce((product, n) => product * n, 1),
  );

/** The cells of a tensor of `numbered` at rows x columns. */
const cells = (name: string, rows: readonly number[], columns: readonly number[]) => {
  const tensor = [...parameterShapes(config).keys()].indexOf(name);
  return rows.flatMap((row) => columns.map((column) => tensor * 1e4 + row * 100 + column));
};

describe('a cut model', () => {
  const small = cutWeights(numbered, cut);
  const channels = [1, 3, 9, 11];

  it('has the shape of what is kept; a special token that was cut off is null', () => {
    expect(cutConfig(config, cut)).toMatchObject({
      ...{ layers: 2, heads: 2, width: 4, mlpWidth: 1, vocabulary: 3, maxPositions: 2 },
      ...{ bosTokenId: 0, eosTokenId: null },
    });
    expect({ ...cutConfig(config, wholeCut(config)), json: config.json }).toEqual(config);
  });

  it.each([
    ['transformer.wte.weight', 'transformer.wte.weight', [0, 4, 9], channels],
    ['transformer.wpe.weight', 'transformer.wpe.weight', [2, 3], channels],
    ['transformer.h.1.ln_1.weight', 'transformer.h.2.ln_1.weight', [0], channels],
    [
      'transformer.h.1.attn.c_attn.weight',
      'transformer.h.2.attn.c_attn.weight',
      channels,
      [1, 3, 9, 11, 13, 15, 21, 23, 25, 27, 33, 35],
    ],
    ['transformer.h.0.attn.c_proj.weight', 'transformer.h.0.attn.c_proj.weight', channels, channels],
    ['transformer.h.1.mlp.c_fc.weight', 'transformer.h.2.mlp.c_fc.weight', channels, [5]],
    ['transformer.h.1.mlp.c_fc.bias', 'transformer.h.2.mlp.c_fc.bias', [0], [5]],
    ['transformer.h.1.mlp.c_proj.weight', 'transformer.h.2.mlp.c_proj.weight', [5], channels],
    ['transformer.ln_f.bias', 'transformer.ln_f.bias', [0], channels],
  ])('%s holds the kept cells of %s', async (name, source, rows, columns) => {
    expect([...(await read(small, name))]).toEqual(cells(source, rows, columns));
    expect(wholeName(name, cut)).toBe(source);
    expect(cutName(source, cut)).toBe(name);
  });

  it('has constants where they are asked for, by the name in the whole model', async () => {
    const constant = cutWeights(numbered, cut, (name) =>
      name === 'transformer.h.2.ln_1.weight' ? 1 : undefined,
    );
    expect([...(await read(constant, 'transformer.h.1.ln_1.weight'))]).toEqual([1, 1, 1, 1]);
    expect([...(await read(constant, 'transformer.h.0.ln_1.weight'))]).toEqual(
      cells('transformer.h.0.ln_1.weight', [0], channels),
    );
  });

  it.each([
    ['one layer', { layers: [1] }],
    ['one head', { heads: [2] }],
    ['one number of one head', { heads: [1], dims: [0] }],
    ['all of it at once', cut],
  ])('computes finite logits of the right shape: %s', async (_, part) => {
    const whole = await openWeights({ config, seed: 1 });
    const kept = { ...wholeCut(config), ...part };
    const model = await buildCausalLM(cutWeights(whole, kept));
    const grid = { shape: [1, 2] as const, inputIds: [0, 2], attentionMask: [1, 1], positionIds: [0, 1] };
    const logits = tf.tidy(() => {
      const hidden = model.hidden(uploadBatch(model.config, grid), {
        implementation: 'sdpa',
        policy: safePolicy,
      });
      return model.logits(tf.reshape(hidden, [2, model.config.width]) as tf.Tensor2D);
    });
    expect(logits.shape).toEqual([2, kept.vocabulary.length]);
    expect([...(await logits.data())].every(Number.isFinite)).toBe(true);
    logits.dispose();
    model.dispose();
  });
});
