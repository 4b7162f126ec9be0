/**
 * Weights of every family as people publish them: in 16-bit floats, mixed, in shards, without the model's prefix, with
 * buffers of old checkpoints and tensors of another head. Each parameter is what was stored, exactly.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Tensor, type SafetensorsTensor, writeSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { familyOf, modelTypes, parseConfig } from '../families.ts';
import { type Tensors, weights } from '../testing/folder.ts';
import { smallConfigs } from '../testing/small-configs.ts';
import { loadCausalLM } from './load.ts';

let root = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'nanscope-published-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The same numbers, which both dtypes hold exactly: a half from 1 to 2048, or 0.5. */
function stored({ shape, data }: SafetensorsTensor, dtype: 'F16' | 'BF16'): SafetensorsTensor {
  const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  const bits = Uint16Array.from(values, (value) => {
    float[0] = value;
    const b = word[0]!;
    return dtype === 'BF16' ? b >>> 16 : ((((b >>> 23) & 0xff) - 112) << 10) | ((b >>> 13) & 0x3ff);
  });
  return { dtype, shape, data: new Uint8Array(bits.buffer) };
}

/** Buffers that checkpoints of earlier versions hold. */
function buffersOf(type: string): Tensors {
  const table = float32Tensor([4], new Float32Array(4).fill(9));
  const mask = float32Tensor([1, 1, 4, 4], new Float32Array(16));
  if (type === 'gpt2')
    return { 'transformer.h.0.attn.bias': mask, 'transformer.h.0.attn.masked_bias': table };
  if (type === 'gpt_neox')
    return {
      'gpt_neox.layers.0.attention.bias': mask,
      'gpt_neox.layers.0.attention.masked_bias': table,
      'gpt_neox.layers.0.attention.rotary_emb.inv_freq': table,
    };
  return { 'model.layers.0.self_attn.rotary_emb.inv_freq': table };
}

describe.each(modelTypes)('%s', (type) => {
  const config = parseConfig(smallConfigs[type], type);
  const own = weights(undefined, config);
  const { prefix, headInFile } = familyOf(config).names;
  const inFile = (name: string) => (name === 'lm_head.weight' ? (headInFile ?? name) : name);
  const named = (tensors: Tensors, rename = inFile): Tensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));

  async function folder(files: Readonly<Record<string, Tensors>>, index?: object): Promise<string> {
    const directory = await mkdtemp(join(root, 'model-'));
    await writeFile(join(directory, 'config.json'), JSON.stringify(smallConfigs[type]));
    for (const [name, tensors] of Object.entries(files))
      await writeSafetensors(join(directory, name), tensors);
    if (index) await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify(index));
    return directory;
  }

  /** What loading said, once every parameter was seen to be what was stored. */
  async function loaded(directory: string) {
    const model = await loadCausalLM({ directory });
    expect(Object.keys(model.parameters)).toEqual(Object.keys(own));
    let expected = 0.5;
    for (const [name, parameter] of Object.entries(model.parameters)) {
      const values = new Set(await parameter.data());
      expect([name, ...values]).toEqual([name, expected]);
      expected += 1;
    }
    const { facts } = model;
    model.dispose();
    return facts;
  }

  it.each(['BF16', 'F16'] as const)('in %s', async (dtype) => {
    const tensors = Object.fromEntries(
      Object.entries(named(own)).map(([name, tensor]) => [name, stored(tensor, dtype)]),
    );
    expect((await loaded(await folder({ 'model.safetensors': tensors }))).storedAs).toEqual([dtype]);
  });

  it('in three dtypes at once, in shards', async () => {
    const entries = Object.entries(named(own)).map(([name, tensor], i): [string, SafetensorsTensor] => [
      name,
      i % 3 === 0 ? tensor : stored(tensor, i % 3 === 1 ? 'F16' : 'BF16'),
    ]);
    const shards = [0, 1].map((shard) => ({
      name: `model-0000${shard + 1}-of-00002.safetensors`,
      entries: entries.filter((_, i) => i % 2 === shard),
    }));
    const index = {
      metadata: { total_size: 0 },
      weight_map: Object.fromEntries(
        shards.flatMap(({ name, entries: part }) => part.map(([tensor]) => [tensor, name])),
      ),
    };
    const files = Object.fromEntries(
      shards.map(({ name, entries: part }) => [name, Object.fromEntries(part)]),
    );
    const { storedAs } = await loaded(await folder(files, index));
    expect([...storedAs].sort()).toEqual(['BF16', 'F16', 'F32']);
  });

  it('without the prefix of its names, with buffers, and with a tensor of another head, which is said once', async () => {
    const bare = named(own, (name) => inFile(name.startsWith(prefix) ? name.slice(prefix.length) : name));
    const score = { 'score.weight': float32Tensor([2], Float32Array.of(1, 2)) };
    const tensors = { ...bare, ...buffersOf(type), ...score };
    const { notes } = await loaded(await folder({ 'model.safetensors': tensors }));
    expect(notes.filter(({ text }) => text.includes('score.weight'))).toHaveLength(1);
    expect(notes.map(({ text }) => text).join()).not.toMatch(/inv_freq|masked_bias/);
  });

  it('a tensor that is missing is named', async () => {
    const [gone] = Object.keys(own).filter((name) => name.includes('.0.') && name.endsWith('.weight'));
    const { [inFile(gone!)]: _, ...rest } = named(own);
    await expect(loadCausalLM({ directory: await folder({ 'model.safetensors': rest }) })).rejects.toThrow(
      `tensor "${gone}" is missing`,
    );
  });
});
