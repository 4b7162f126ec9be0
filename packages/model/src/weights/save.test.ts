import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { readSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from '../causal-lm.ts';
import { configJson, modelOf, parameterShapes, parseConfig } from '../families.ts';
import { loadCausalLM } from './load.ts';
import { saveCausalLM } from './save.ts';

const json = { vocab_size: 5, n_positions: 4, n_embd: 4, n_layer: 1, n_head: 2, pad_token_id: 3 };
let root = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = mkdtempSync(join(tmpdir(), 'nanscope-save-'));
});
afterAll(() => rmSync(root, { recursive: true }));
const folder = () => mkdtempSync(join(root, 's-'));

/** Bit patterns that a careless copy would change: NaN with a payload, infinities, -0, subnormals. */
const awkward = new Float32Array(Uint32Array.of(0x7fc12345, 0xff800000, 0x80000000, 1, 0x3f800001).buffer);

function model(extra: object = {}): CausalLM {
  const config = parseConfig({ ...json, ...extra }, 'test');
  const parameters: Record<string, tf.Variable> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => i / 3);
    values.set(awkward.subarray(0, Math.min(values.length, awkward.length)));
    parameters[name] = tf.variable(tf.tensor(values, [...shape]));
  }
  return modelOf(config, parameters);
}

const bitsOf = (parameter: tf.Tensor) => {
  const values = parameter.dataSync() as Float32Array;
  return [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
};

describe('a saved model', () => {
  it.each([
    ['a tied head, which is not stored', {}, false],
    ['a list of end tokens', { eos_token_id: [4, 2] }, false],
    [
      'a head of its own',
      { tie_word_embeddings: false, n_inner: 6, scale_attn_by_inverse_layer_idx: true },
      true,
    ],
  ])('loads with the same configuration and the same bits: %s', async (_, extra, stored) => {
    const directory = join(folder(), 'new', 'model');
    const before = model(extra);
    await saveCausalLM(directory, before);
    const file = await readSafetensors(join(directory, 'model.safetensors'));
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.has('lm_head.weight')).toBe(stored);
    const after = await loadCausalLM({ directory });
    expect(configJson(after.config)).toBe(configJson(before.config));
    expect(Object.keys(after.parameters)).toEqual(Object.keys(before.parameters));
    for (const [name, parameter] of Object.entries(before.parameters)) {
      expect(after.parameters[name]!.shape).toEqual(parameter.shape);
      expect(bitsOf(after.parameters[name]!), name).toEqual(bitsOf(parameter));
    }
    before.dispose();
    after.dispose();
  });

  it('replaces an earlier one as a whole and keeps what is not its own', async () => {
    const directory = folder();
    for (const name of [
      'config.json',
      'pytorch_model.bin',
      'model.safetensors.index.json',
      'merges.txt',
      'README.md',
    ]) {
      writeFileSync(join(directory, name), 'earlier');
    }
    writeFileSync(join(directory, 'config.json'), '{"model_type":"gpt2"}');
    const subject = model();
    await saveCausalLM(directory, subject, { files: { 'tokenizer.json': '{}' } });
    subject.dispose();
    expect(readdirSync(directory).sort()).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toBe('earlier');
    expect(readdirSync(join(directory, '..')).filter((name) => /tmp|earlier/.test(name))).toEqual([]);
  });

  it('goes to the folder behind a link and leaves the link', async () => {
    const [real, link] = [join(folder(), 'real'), join(folder(), 'link')];
    mkdirSync(real);
    symlinkSync(real, link);
    const subject = model();
    await saveCausalLM(link, subject);
    await saveCausalLM(link, subject);
    subject.dispose();
    expect(readdirSync(real).sort()).toEqual(['config.json', 'model.safetensors']);
  });

  it('writes dropout rates and other fractions as Python reads them', async () => {
    const directory = folder();
    const subject = model({ layer_norm_epsilon: 1, embd_pdrop: 0, resid_pdrop: 0.25, attn_pdrop: 0.1 });
    await saveCausalLM(directory, subject);
    subject.dispose();
    const text = readFileSync(join(directory, 'config.json'), 'utf8');
    for (const line of [
      '"embd_pdrop": 0.0,',
      '"resid_pdrop": 0.25,',
      '"attn_pdrop": 0.1,',
      '"layer_norm_epsilon": 1.0,',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain('"n_embd": 4,');
  });
});

describe('a model that cannot be saved', () => {
  const refused = async (directory: string, subject = model()) => {
    const error = await saveCausalLM(directory, subject).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  };

  it('is refused where something other than a model is', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'holiday.jpg'), '');
    expect(await refused(directory)).toMatch(/one that holds a model; found holiday\.jpg/);
    expect(await refused(join(directory, 'holiday.jpg'))).toMatch(
      /expected a folder to save to, found a file/,
    );
    expect(await refused(join(directory, 'holiday.jpg', 'below'))).toMatch(/cannot be saved \(ENOTDIR/);
    expect(readdirSync(directory)).toEqual(['holiday.jpg']);
    writeFileSync(join(directory, 'config.json'), '{"editor":"vi"}');
    expect(await refused(directory)).toMatch(/one that holds a model; found config\.json/);
  });

  it('leaves the earlier one whole, and nothing beside it, when writing breaks off', async () => {
    const directory = join(folder(), 'model');
    const subject = model();
    await saveCausalLM(directory, subject);
    const before = readFileSync(join(directory, 'model.safetensors'));
    Object.values(subject.parameters).at(-1)!.dispose();
    await expect(saveCausalLM(directory, subject)).rejects.toThrow();
    expect(readFileSync(join(directory, 'model.safetensors'))).toEqual(before);
    expect(readdirSync(join(directory, '..'))).toEqual(['model']);
  });
});
