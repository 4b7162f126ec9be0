/** What a user can get wrong in the folder of a model and in a ready batch. */
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  float32Tensor,
  integerTensor,
  openSafetensors,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';
import { describe, expect, it } from 'vitest';
import { fixture } from './cli.ts';
import { refusals } from './refusals.ts';

const { at, text, refused } = refusals();

describe('model folders', () => {
  let count = 0;
  /** A copy of a good model folder, then spoiled. */
  async function model(spoil: (folder: string) => unknown): Promise<string> {
    const folder = at(`model-${count++}`);
    cpSync(fixture('../../golden/gpt2/model'), folder, { recursive: true });
    await spoil(folder);
    return folder;
  }
  const weights = (folder: string) => join(folder, 'model.safetensors');
  async function edit(folder: string, change: (tensors: Record<string, SafetensorsTensor>) => void) {
    const opened = await openSafetensors(weights(folder));
    const tensors: Record<string, SafetensorsTensor> = {};
    for (const name of opened.names) tensors[name] = await opened.read(name);
    change(tensors);
    await writeSafetensors(weights(folder), tensors);
  }
  const bias = (tensors: Record<string, SafetensorsTensor>) =>
    Object.keys(tensors).find((name) => name.endsWith('ln_f.bias'))!;
  const config = (change: object) => (folder: string) => {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
  };

  it('without weights, or without config.json', async () => {
    const bare = at('bare');
    mkdirSync(bare);
    expect(await refused('--model', bare)).toMatch(/config.json/);
    const folder = await model(() => {});
    cpSync(join(folder, 'config.json'), join(bare, 'config.json'));
    expect(await refused('--model', bare)).toMatch(/no weights, expected model.safetensors/);
  });

  it('truncated weights', async () => {
    const folder = await model((place) => truncateSync(weights(place), 2000));
    expect(await refused('--model', folder)).toMatch(/model.safetensors/);
    const stub = await model((place) => truncateSync(weights(place), 5));
    expect(await refused('--model', stub)).toMatch(/model.safetensors/);
  });

  it('a tensor of another shape, of an integer dtype, or missing', async () => {
    const shape = await model((folder) =>
      edit(folder, (tensors) => {
        tensors[bias(tensors)] = float32Tensor([3], new Float32Array(3));
      }),
    );
    expect(await refused('--model', shape)).toMatch(/ln_f.bias" has shape \[3\], config.json asks for/);
    const dtype = await model((folder) =>
      edit(folder, (tensors) => {
        const name = bias(tensors);
        tensors[name] = integerTensor(tensors[name]!.shape, new Int32Array(tensors[name]!.shape[0]!));
      }),
    );
    expect(await refused('--model', dtype)).toMatch(/has dtype I64, expected one of F32/);
    const missing = await model((folder) => edit(folder, (tensors) => delete tensors[bias(tensors)]));
    expect(await refused('--model', missing)).toMatch(/ln_f.bias" is missing/);
  });

  it('a config.json of another architecture, or that is not JSON', async () => {
    expect(await refused('--model', await model(config({ model_type: 'mixtral' })))).toMatch(
      /model_type is "mixtral" .*expected one of gpt2, llama, /,
    );
    const holding = (text: string) => model((folder) => writeFileSync(join(folder, 'config.json'), text));
    // Whoever computes it: that PyTorch may know more architectures changes nothing.
    for (const device of ['wasm', 'torch:cpu']) {
      const on = ['--device', device, '--model'];
      expect(await refused(...on, await holding('{'))).toMatch(/config.json: not valid JSON/);
      expect(await refused(...on, await holding('null'))).toMatch(/config.json: expected a JSON object/);
    }
  });
});

describe('ready batches', () => {
  const ids = Int32Array.of(1, 2, 3, 4, 5, 6);
  const grid = (values: Int32Array, shape = [2, 3]) => integerTensor(shape, values);
  const mask = grid(Int32Array.of(0, 1, 1, 1, 1, 1));
  async function inputs(tensors: Record<string, SafetensorsTensor>): Promise<string> {
    const path = at('inputs.safetensors');
    await writeSafetensors(path, tensors);
    return refused('--load-inputs', path);
  }
  const good = { input_ids: grid(ids), attention_mask: mask };

  it.each<[string, Record<string, SafetensorsTensor>, RegExp]>([
    ['no attention_mask', { input_ids: grid(ids) }, /expected a tensor attention_mask, found input_ids/],
    ['a name that is no input', { ...good, label: grid(ids) }, /found "label" \(did you mean labels\?\)/],
    [
      'a token type outside the vocabulary',
      { ...good, token_type_ids: grid(Int32Array.of(0, 0, 258, 0, 0, 0)) },
      /token_type_ids from 0 to 257, found 258 at row 0, position 2/,
    ],
    [
      'another shape',
      { ...good, attention_mask: grid(ids, [3, 2]) },
      /expected attention_mask of shape \[2,3\] like input_ids, found \[3,2\]/,
    ],
    ['one dimension', { ...good, input_ids: grid(ids, [6]) }, /expected input_ids of shape \[B,T\]/],
    [
      'floats',
      { ...good, input_ids: float32Tensor([2, 3], new Float32Array(6)) },
      /expected input_ids as integers, found F32/,
    ],
    [
      'an id outside the vocabulary',
      { ...good, input_ids: grid(Int32Array.of(1, 2, 3, 4, 258, 6)) },
      /input_ids from 0 to 257, found 258 at row 1, position 1/,
    ],
    [
      'a negative id',
      { ...good, input_ids: grid(Int32Array.of(-1, 2, 3, 4, 5, 6)) },
      /found -1 at row 0, position 0/,
    ],
    [
      'a mask that is not 0 or 1',
      { ...good, attention_mask: grid(ids) },
      /attention_mask from 0 to 1, found 2/,
    ],
    [
      'a label outside the vocabulary',
      { ...good, labels: grid(Int32Array.of(-100, -100, 300, 1, 1, 1)) },
      /labels \(or -100\) .*found 300/,
    ],
    [
      'a position the model lacks',
      { ...good, position_ids: grid(Int32Array.of(0, 0, 1, 0, 1, 128)) },
      /position_ids from 0 to 127, found 128/,
    ],
    [
      'nothing to predict',
      { ...good, labels: grid(new Int32Array(6).fill(-100)) },
      /expected at least one label/,
    ],
  ])('%s', async (_, tensors, message) => {
    expect(await inputs(tensors)).toMatch(message);
  });

  it('longer than the model', async () => {
    const long = integerTensor([1, 300], new Int32Array(300));
    const ones = integerTensor([1, 300], new Int32Array(300).fill(1));
    expect(await inputs({ input_ids: long, attention_mask: ones })).toMatch(
      /at most 128 positions .*found 300/,
    );
  });

  it('a file that is not safetensors, or not there', async () => {
    expect(await refused('--load-inputs', text)).toMatch(/text.txt/);
    expect(await refused('--load-inputs', at('none.safetensors'))).toMatch(/none.safetensors/);
  });
});
