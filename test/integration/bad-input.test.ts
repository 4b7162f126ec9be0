/** What a user can get wrong in flags, config files, data and places to write to. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { float32Tensor, writeSafetensors } from '@nanscope/safetensors';
import { describe, expect, it } from 'vitest';
import { refusals } from './refusals.ts';

const { at, text, refusal, refused, file } = refusals();

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
