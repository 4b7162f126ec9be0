import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Tensor, type SafetensorsTensor, writeSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../families.ts';
import { json, type Tensors, weights } from '../testing/folder.ts';
import { loadCausalLM } from './load.ts';

let root = '';
let directory = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'nanscope-gpt2-'));
});
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'model-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const writeConfig = (value: object = json) =>
  writeFile(join(directory, 'config.json'), JSON.stringify(value));
const writeWeights = (tensors: Tensors, name = 'model.safetensors') =>
  writeSafetensors(join(directory, name), tensors);

/** The first element of each parameter. */
async function firsts(): Promise<number[]> {
  const model = await loadCausalLM({ directory });
  const values = await Promise.all(Object.values(model.parameters).map(async (p) => (await p.data())[0]!));
  model.dispose();
  return values;
}
const expected = (count: number) => Array.from({ length: count }, (_, i) => i + 0.5);

describe('a model directory loads', () => {
  it('with and without the "transformer." prefix, whatever mask buffers it holds', async () => {
    await writeConfig();
    await writeWeights(weights());
    expect(await firsts()).toEqual(expected(16));
    await writeWeights({
      ...weights((name) => name.replace('transformer.', '')),
      'h.0.attn.bias': float32Tensor([1, 1, 4, 4], new Float32Array(16)),
      'h.0.attn.masked_bias': float32Tensor([], Float32Array.of(-1e4)),
    });
    expect(await firsts()).toEqual(expected(16));
  });

  it('in float16, bfloat16 and float64', async () => {
    await writeConfig();
    const convert = (tensor: SafetensorsTensor, dtype: 'F16' | 'BF16' | 'F64'): SafetensorsTensor => {
      const values = new Float32Array(tensor.data.buffer);
      const bits = new Uint32Array(tensor.data.buffer);
      const half = (b: number) => (((b >>> 23) - 112) << 10) | ((b >>> 13) & 0x3ff);
      const array =
        dtype === 'F64'
          ? Float64Array.from(values)
          : Uint16Array.from(bits, (b) => (dtype === 'BF16' ? b >>> 16 : half(b)));
      return { dtype, shape: tensor.shape, data: new Uint8Array(array.buffer) };
    };
    for (const dtype of ['F16', 'BF16', 'F64'] as const) {
      await writeWeights(
        Object.fromEntries(Object.entries(weights()).map(([name, t]) => [name, convert(t, dtype)])),
      );
      expect(await firsts()).toEqual(expected(16));
    }
  });

  it('from shards', async () => {
    await writeConfig();
    const entries = Object.entries(weights());
    await writeWeights(Object.fromEntries(entries.slice(0, 7)), 'one.safetensors');
    await writeWeights(Object.fromEntries(entries.slice(7)), 'two.safetensors');
    const weight_map = Object.fromEntries(
      entries.map(([name], i) => [name, i < 7 ? 'one.safetensors' : 'two.safetensors']),
    );
    await writeFile(
      join(directory, 'model.safetensors.index.json'),
      JSON.stringify({ metadata: {}, weight_map }),
    );
    expect(await firsts()).toEqual(expected(16));
  });

  it('with a head of its own when it is not tied', async () => {
    const untied = { ...json, tie_word_embeddings: false };
    await writeConfig(untied);
    await writeWeights(weights(undefined, parseConfig(untied, 'test')));
    expect(await firsts()).toEqual(expected(17));
    await writeWeights(weights());
    await expect(firsts()).rejects.toThrow('tensor "lm_head.weight" is missing');
  });
});

describe('a model directory is refused in one line', () => {
  const name = 'transformer.h.0.mlp.c_fc.bias';
  it.each<[string, (tensors: Tensors) => Tensors, string]>([
    ['a missing tensor', ({ [name]: _, ...rest }) => rest, `tensor "${name}" is missing`],
    [
      'an unexpected tensor',
      (t) => ({ ...t, 'transformer.h.1.ln_1.bias': t['transformer.ln_f.bias']! }),
      'tensor "transformer.h.1.ln_1.bias" is not part of',
    ],
    [
      'a shape that does not fit',
      (t) => ({ ...t, [name]: float32Tensor([8], new Float32Array(8)) }),
      `"${name}" has shape [8], config.json asks for [16]`,
    ],
    [
      'an integer dtype',
      (t) => ({ ...t, [name]: { dtype: 'I32', shape: [16], data: new Uint8Array(64) } }),
      `"${name}" has dtype I32`,
    ],
  ])('%s', async (_, change, message) => {
    await writeConfig();
    await writeWeights(change(weights()));
    const before = tf.memory().numTensors;
    await expect(firsts()).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('no directory, no config, no weights, weights in another format, a broken config', async () => {
    await expect(loadCausalLM({ directory: join(root, 'absent') })).rejects.toThrow(
      'not a readable directory',
    );
    await expect(firsts()).rejects.toThrow('no config.json');
    await writeConfig();
    await expect(firsts()).rejects.toThrow('no weights, expected model.safetensors or');
    await writeFile(join(directory, 'pytorch_model.bin'), '');
    await expect(firsts()).rejects.toThrow('pytorch_model.bin is not read');
    await writeWeights(weights());
    await writeFile(join(directory, 'config.json'), '{"n_embd": ');
    await expect(firsts()).rejects.toThrow('not valid JSON');
  });
});
