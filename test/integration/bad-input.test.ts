/**
 * What a user can get wrong: each mistake is one clear line and exit code 2, found before anything is written. The
 * command line runs in this process here, up to the point where lanes would start; cli.test.ts spawns it.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import {
  float32Tensor,
  integerTensor,
  openSafetensors,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../../apps/cli/src/commands/index.ts';
import { run } from '../../apps/cli/src/run.ts';
import { fixture, workspace } from './cli.ts';

const { at, text } = workspace();
const out = at('out');

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true); // Progress: "checking inputs".
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(existsSync(out), 'nothing was written').toBe(false);
});

/** The one line that `nanscope ARGS` ends with. */
async function refusal(...args: string[]): Promise<string> {
  const outcome = await run(args, commands).then(
    (code) => new Error(`left ${code}`),
    (error: unknown) => error,
  );
  if (!(outcome instanceof UserError)) throw outcome;
  expect(outcome.exitCode).toBe(2);
  expect(outcome.message).not.toMatch(/\n|undefined|\[object/);
  return outcome.message;
}

const refused = (...args: string[]) => refusal('eval', '--out', out, ...args);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

describe('flags', () => {
  it.each([
    [['--polcy', 'safe'], 'Unknown flag --polcy of eval. Did you mean --policy?'],
    [['--no-jsn'], 'Did you mean --no-json?'],
    [['-x'], 'Unknown flag -x of eval.'],
    [['--policy', 'sfae'], 'Did you mean safe?'],
    [['--policy', 'torch-mps'], 'Did you mean torch-mps-2.8?'],
    [['--attn', 'flash'], '--attn: expected one of auto, eager, sdpa, found "flash".'],
    [['--fill', 'select-inff'], 'select-inf'],
    [['--fill', 'NaN'], 'Unknown fill "NaN". Expected select-inf'],
    [['--compose', 'adn'], 'and'],
    [['--row-guard', 'zero'], 'Did you mean zeros?'],
    [['--compute-dtype', 'fp16'], 'found "fp16". Did you mean f16?'],
    [['--batch-size', '0'], '--batch-size: expected a whole number of at least 1, found "0".'],
    [['--batch-size', '-3'], 'found "-3"'],
    [['--batch-size', '2.5'], 'found "2.5"'],
    [['--batch-size', 'four'], 'found "four"'],
    [['--batch-size'], '--batch-size: expected a value, found none.'],
    [['--max-length', '1'], '--max-length: expected a whole number of at least 2'],
    [['--max-length', '129'], '--max-length 129: expected at most 128, the positions of the model'],
    [['--rtol', 'NaN'], '--rtol: expected a number of at least 0, found "NaN"'],
    [['--atol', '-1'], 'found "-1"'],
    [['--limit', '0'], '--limit'],
    [['--trace', 'helth'], 'Did you mean health?'],
    [['--padding-side', 'both'], 'one of left, right'],
    [['--model', 'tinny'], 'Did you mean tiny?'],
    [['stray'], 'unexpected argument "stray"'],
  ])('eval %j', async (args, message) => {
    expect(await refused(...args)).toContain(message);
  });

  it.each(['-1e9', 'select -inf', '-inf'])('--fill "%s" is a value and no flag', async (fill) => {
    expect(await refused('--fill', fill, '--model', 'nowhere')).toContain('--model nowhere');
  });

  it('an unknown command offers the nearest', async () => {
    expect(await refusal('evla')).toContain('Unknown command "evla". Did you mean eval?');
    expect(await refusal('compare', 'a')).toMatch(/argument/i);
  });
});

describe('config files', () => {
  it.each([
    ['batchsize: 3\n', /Unknown key "batchsize" in .*c.yaml. Did you mean batch-size\?/],
    ['policy: sfae\n', /policy in .*c.yaml: expected one of .*Did you mean safe\?/],
    ['batch-size: 0\n', /batch-size in .*c.yaml: .* found 0/],
    ['model: tiny\nseed: [1\n', /c.yaml, line [23]: expected YAML/],
    ['- a\n', /found a list/],
  ])('%j', async (content, message) => {
    expect(await refused('--config', file('c.yaml', content))).toMatch(message);
  });

  it('one that is not there', async () => {
    expect(await refused('--config', at('none.yaml'))).toMatch(
      /--config .*none.yaml: expected a readable YAML file/,
    );
  });
});

describe('data', () => {
  it.each<[string, string, string | Uint8Array, RegExp]>([
    ['empty', 'e.txt', '', /e.txt holds no text/],
    ['blank', 'b.txt', '\n  \n\t\n', /b.txt holds no text/],
    ['binary', 'z.txt', Uint8Array.of(0x68, 0, 1, 2, 0, 255, 0, 10), /z.txt .*(binary|NUL|not UTF-8)/i],
    ['gzip', 'g.txt', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), /gzip/],
    [
      'invalid UTF-8',
      'u.txt',
      Buffer.concat([Buffer.from('good\nbad '), Uint8Array.of(0xc3, 0x28), Buffer.from('\n')]),
      /:2 /,
    ],
    ['invalid JSON', 'j.jsonl', '{"text": "a b"}\n{"text": \n', /:2 /],
    [
      'a JSON line without the field',
      'f.jsonl',
      '{"text": "a b"}\n\n{"txt": "a"}\n',
      /:3 has no field "text".*Did you mean --text-field txt/,
    ],
    ['a field that is no text', 'n.jsonl', '{"text": 5}\n', /:1: field .text. is a number/],
    [
      'rows too short to predict anything',
      's.txt',
      'a\nb\n',
      /expected at least one label to predict, found none/,
    ],
  ])('%s', async (_, name, content, message) => {
    expect(await refused('--data', file(name, content))).toMatch(message);
  });

  it('missing, with a sibling offered', async () => {
    expect(await refused('--data', at('txt.txt'))).toMatch(
      /No such file .*txt.txt.*Did you mean .*text.txt\?/,
    );
  });

  it('a folder without text', async () => {
    mkdirSync(at('empty'));
    expect(await refused('--data', at('empty'))).toContain('empty');
  });

  it('a tokenizer that is not there, or larger than the model', async () => {
    expect(await refused('--tokenizer', at('no-tokenizer'))).toContain('no-tokenizer');
    const letters = Object.fromEntries(
      [...'abcdefghijklmnopqrstuvwxyz'].map((letter, i) => [letter, i + 300]),
    );
    mkdirSync(at('large'));
    writeFileSync(at('large/vocab.json'), JSON.stringify({ ...letters, '<|endoftext|>': 9 }));
    writeFileSync(at('large/merges.txt'), '#version: 0.2\n');
    const letter = file('letters.txt', 'abc\n');
    expect(await refused('--tokenizer', at('large'), '--data', letter)).toMatch(
      /300.*(258|257)|(258|257).*300/,
    );
  });
});

describe('places to write to', () => {
  it('a run folder below a regular file', async () => {
    expect(await refusal('eval', '--out', join(text, 'run'))).toMatch(
      /--out .*expected a place that can be written, found the file/,
    );
  });

  it('a run folder that is a file, outputs that are a folder', async () => {
    expect(await refusal('eval', '--out', text)).toMatch(/--out/);
    expect(await refused('--save-outputs', at('.'))).toMatch(
      /--save-outputs .*expected a file, found a folder/,
    );
    expect(await refused('--save-outputs', join(text, 'o.safetensors'))).toMatch(/--save-outputs/);
    expect(await refused('--save-outputs', at('gone/o.safetensors'))).toMatch(
      /--save-outputs .*expected a folder to write into, found no .*gone\. Make it first/,
    );
    expect(await refused('--save-outputs', text)).toMatch(/found another file, which would be lost/);
    const weights = { w: float32Tensor([1], Float32Array.of(1)) };
    await writeSafetensors(at('weights.safetensors'), weights, { format: 'pt' });
    expect(await refused('--save-outputs', at('weights.safetensors'))).toMatch(/which would be lost/);
  });

  it('a run folder that would cover files of somebody else', async () => {
    mkdirSync(at('foreign'));
    writeFileSync(at('foreign/run.json'), '{}');
    expect(await refusal('eval', '--out', at('foreign'))).toMatch(/found run.json that is not of a run/);
    expect(readdirSync(at('foreign'))).toEqual(['run.json']);
  });
});

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
