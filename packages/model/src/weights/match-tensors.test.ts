import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  float32Tensor,
  float64Tensor,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../families.ts';
import { json, type Tensors, weights } from '../testing/folder.ts';
import { openWeights } from './load.ts';

const HEAD = 'lm_head.weight';
const TABLE = 'transformer.wte.weight';

let root = '';
let directory = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nanscope-match-'));
});
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'model-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function open(tensors: Tensors, settings: object = {}) {
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...json, ...settings }));
  await writeSafetensors(join(directory, 'model.safetensors'), tensors);
  return openWeights({ directory });
}
const notesOf = async (tensors: Tensors, settings: object = {}) =>
  (await open(tensors, settings)).facts!.notes.map(({ text }) => text).join('\n');

const filled = (shape: number[], value: number) =>
  float32Tensor(shape, new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(value));

describe('a stored head', () => {
  it.each([{}, { tie_word_embeddings: true }])(
    'that differs from the token table is kept (%j)',
    async (settings) => {
      const opened = await open({ ...weights(), [HEAD]: filled([5, 4], 9) }, settings);
      expect(opened.config.tied).toBe(false);
      expect((await opened.values(HEAD, 20))[0]).toBe(9);
      expect(opened.facts!.notes[0]!.text).toContain('transformers 4.57 would take transformer.wte.weight');
    },
  );

  it('that is the token table again is tied, without a word; 0 is -0', async () => {
    const table = (zero: number) => float32Tensor([5, 4], new Float32Array(20).fill(zero));
    const opened = await open({ ...weights(), [TABLE]: table(0), [HEAD]: table(-0) });
    expect(opened.config.tied).toBe(true);
    expect(opened.facts!.notes).toEqual([]);
  });

  it('with a NaN is not the token table, even with the same bits', async () => {
    const opened = await open({
      ...weights(),
      [TABLE]: filled([5, 4], Number.NaN),
      [HEAD]: filled([5, 4], Number.NaN),
    });
    expect(opened.config.tied).toBe(false);
  });

  it('is the token table too where the file has none', async () => {
    const { [TABLE]: _, ...rest } = weights();
    const opened = await open({ ...rest, [HEAD]: filled([5, 4], 7) });
    expect(opened.config.tied).toBe(true);
    expect((await opened.values(TABLE, 20))[0]).toBe(7);
    expect(opened.facts!.notes[0]!.text).toContain(`has no ${TABLE}`);
    await expect(
      open({ ...rest, [HEAD]: filled([5, 4], 7) }, { tie_word_embeddings: false }),
    ).rejects.toThrow(`tensor "${TABLE}" is missing`);
  });
});

describe('names in the file', () => {
  it.each(['_orig_mod.', 'module.', 'model.', 'module._orig_mod.'])(
    'may have %s before them, which is said',
    async (prefix) => {
      const opened = await open(weights((name) => `${prefix}${name}`));
      expect((await opened.values(TABLE, 20))[0]).toBe(0.5);
      expect(opened.facts!.notes[0]!.text).toContain(`${prefix.split('.')[0]}."`);
    },
  );

  it('may not stand twice for one parameter', async () => {
    await expect(open({ ...weights(), 'wte.weight': filled([5, 4], 1) })).rejects.toThrow(
      `tensors "${TABLE}" and "wte.weight" both stand for "wte.weight"`,
    );
  });

  it('that GPT-2 does not know are named; mask buffers are kept for the record', async () => {
    const mask = filled([1, 1, 4, 4], 1);
    const opened = await open({ ...weights(), 'score.weight': filled([2, 4], 1), 'h.0.attn.bias': mask });
    expect(opened.facts!.unusedTensors).toEqual(['h.*.attn.bias', 'score.weight']);
    expect(opened.facts!.notes.map(({ text }) => text)).toEqual([
      'tensors that are no part of the model are not used, as in transformers: score.weight',
    ]);
  });

  it('without any bias are of a model made with bias=False, and its biases are zero', async () => {
    const tensors = Object.fromEntries(Object.entries(weights()).filter(([name]) => !name.endsWith('.bias')));
    const opened = await open(tensors);
    expect([...(await opened.values('transformer.ln_f.bias', 4))]).toEqual([0, 0, 0, 0]);
    expect(opened.facts!.notes[0]!.text).toContain('7 biases are zero');
    await expect(open({ ...tensors, 'transformer.h.0.attn.c_attn.bias': filled([12], 1) })).rejects.toThrow(
      'tensor "transformer.h.0.attn.c_proj.bias" is missing',
    );
  });
});

describe('weights', () => {
  it('stored [out, in] are named as that', async () => {
    const name = 'transformer.h.0.attn.c_attn.weight';
    await expect(open({ ...weights(), [name]: filled([12, 4], 1) })).rejects.toThrow(
      'It is stored [out, in]',
    );
  });

  it('of another vocabulary name the setting', async () => {
    await expect(open({ ...weights(), [TABLE]: filled([6, 4], 1) })).rejects.toThrow(
      'config.json asks for [5, 4] (vocab_size 5, n_embd 4)',
    );
  });

  it('in float64 that float32 cannot hold are refused by tensor, index and value', async () => {
    const values = new Float64Array(20).fill(1);
    values[6] = -1e39;
    await expect(open({ ...weights(), [TABLE]: float64Tensor([5, 4], values) })).rejects.toThrow(
      `tensor "${TABLE}" holds -1e+39 at [1, 2], expected at most 3.4028235e+38`,
    );
    values[6] = Number.POSITIVE_INFINITY;
    const opened = await open({ ...weights(), [TABLE]: float64Tensor([5, 4], values) });
    expect((await opened.values(TABLE, 20))[6]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the data type', () => {
  const half = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]): [string, SafetensorsTensor] => [
        name,
        { dtype: 'BF16', shape, data: new Uint8Array(data.byteLength / 2) },
      ]),
    );

  it('of the file and of the computation are said where they differ', async () => {
    expect(await notesOf(weights())).toBe('');
    expect(await notesOf(weights(), { dtype: 'float32' })).toBe('');
    expect(await notesOf(half(weights()))).toBe(
      'the weights are stored as BF16, exact in float32, and computed in float32; transformers 5 computes in bfloat16 unless told dtype=torch.float32, and comes to another loss, as --dtype bf16 does here',
    );
    expect(await notesOf(half(weights()), { dtype: 'float32' })).toBe(
      'the weights are stored as BF16, exact in float32, and computed in float32',
    );
    expect(await notesOf(weights(), { torch_dtype: 'float16' })).toContain(
      'stored as F32 and computed in float32; transformers 5 computes in float16',
    );
  });
});

describe('settings', () => {
  it('under both names: the alias counts, as in transformers, and the difference is said', async () => {
    expect(parseConfig({ ...json, num_attention_heads: 4 }, 'c').heads).toBe(4);
    expect(() => parseConfig({ ...json, num_attention_heads: 3 }, 'c')).toThrow(
      'num_attention_heads 3 does not divide n_embd 4',
    );
    expect(() => parseConfig({ ...json, num_attention_heads: null }, 'c')).toThrow('num_attention_heads: ');
    expect(await notesOf(weights(), { num_attention_heads: 4 })).toBe(
      'config.json says num_attention_heads 4 and n_head 2: num_attention_heads is taken, as transformers does',
    );
  });

  it('of a model for another task are taken as a language model, which is said', async () => {
    const note = await notesOf(weights(), { architectures: ['GPT2ForSequenceClassification'] });
    expect(note).toContain('config.json says GPT2ForSequenceClassification: evaluated as a language model');
    expect(await notesOf(weights(), { architectures: ['GPT2DoubleHeadsModel'] })).toBe('');
    expect(await notesOf(weights(), { architectures: [] })).toBe('');
  });

  it('that nobody knows are named with the nearest; those without effect are for the record only', async () => {
    expect(await notesOf(weights(), { n_heads: 2, rope_theta: 1e4 })).toBe(
      'config.json has settings that GPT-2 does not know; they have no effect here: n_heads (did you mean n_head?), rope_theta',
    );
    const opened = await open(weights(), { use_cache: true, attn_pdrop: 0.1 });
    expect(opened.facts!.notes).toEqual([]);
    expect(opened.facts!.unusedSettings).toEqual([
      'attn_pdrop: dropout, in training only',
      'use_cache: every position is computed anew',
    ]);
  });
});
