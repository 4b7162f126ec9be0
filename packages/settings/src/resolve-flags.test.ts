import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configRecord, toEvalConfig } from './configs.ts';
import { evalFlags } from './eval-flags.ts';
import { readConfigFile } from './node/read-settings.ts';
import { resolveFlags } from './resolve-flags.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-flags-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, 'eval.yaml');
  writeFileSync(path, content);
  return path;
}

const read = (content: string) => readConfigFile(file(content), evalFlags);
const resolve = (given: Record<string, unknown>, values: Record<string, unknown> = {}) =>
  resolveFlags(evalFlags, given, { path: 'eval.yaml', values });

describe('resolveFlags', () => {
  it('flags beat the file, the file beats the defaults, what has no default stays away', () => {
    const values = resolve({ 'batch-size': '2' }, { 'batch-size': 3, policy: 'tfjs' });
    expect(values).toMatchObject({ 'batch-size': 2, policy: 'tfjs', model: 'prose' });
    expect(values).not.toHaveProperty('limit');
  });

  it('an empty key in the file is a key that was not given', () => {
    expect(resolve({}, { 'batch-size': null })).toMatchObject({ 'batch-size': 8 });
  });

  it('names the flag, or the key and its file, of a bad value', () => {
    expect(() => resolve({ 'batch-size': '0' })).toThrow(/^--batch-size: /);
    expect(() => resolve({}, { 'batch-size': 0 })).toThrow(/^batch-size in eval.yaml: .* found 0/);
    expect(() => resolve({}, { policy: 'torch-mps' })).toThrow(/Did you mean torch-mps-2.8\?/);
  });

  describe('--like', () => {
    const like = 'torch=2.8,device=mps';

    it('is a policy, from the command line before what the file says, from the file before the default', () => {
      expect(resolve({ like })).toMatchObject({ like, policy: 'torch-mps-2.8' });
      expect(resolve({ like }, { policy: 'jax' })).toMatchObject({ like, policy: 'torch-mps-2.8' });
      expect(resolve({}, { like })).toMatchObject({ like, policy: 'torch-mps-2.8' });
      expect(resolve({ like: 'transformers=4.57,torch=2.4' })).toMatchObject({ 'row-guard': 'attend-all' });
    });

    it('is not kept where another policy was given over it', () => {
      const values = resolve({ policy: 'jax' }, { like });
      expect(values.policy).toBe('jax');
      expect(values).not.toHaveProperty('like');
    });

    it('stands beside the policy that it is, as in the configuration of a run', () => {
      expect(resolve({}, { ...resolve({ like }) })).toMatchObject({ like, policy: 'torch-mps-2.8' });
    });

    it('beside another policy, or of no version, is refused', () => {
      expect(() => resolve({ like, policy: 'jax' })).toThrow(
        /--like .* means policy torch-mps-2\.8.*--policy jax/,
      );
      expect(() => resolve({}, { like, policy: 'jax' })).toThrow(/policy in eval\.yaml jax/);
      expect(() => resolve({ like: 'torch' })).toThrow(expect.objectContaining({ code: 'policy/like' }));
    });
  });

  it('a policy that does not exist is answered by its version', () => {
    expect(() => resolve({ policy: 'torch-2.8' })).toThrow(/torch-mps-2\.8 \(--like torch=2\.8,device=mps\)/);
    expect(() => resolve({ policy: 'saef' })).toThrow(/Did you mean safe\?/);
  });

  it('a value by the name it had before is the present one', () => {
    expect(resolve({ policy: 'seed-theory' }).policy).toBe('no-causal');
    expect(resolve({}, { 'mps-rule': 'seed' })['mps-rule']).toBe('eager');
  });

  it('survives the way to the configuration in code and back', () => {
    const values = resolve({ 'lane-timeout': '5', 'ignore-first-token': true });
    const config = toEvalConfig(values);
    expect(config).toMatchObject({ laneTimeout: 5, ignoreFirstToken: true, mpsRule: 'probe' });
    expect(configRecord(config)).toEqual(values);
  });
});

describe('readConfigFile', () => {
  it('reads YAML with flag names as keys', async () => {
    expect(await read('batch-size: 4\nfill: -1e9\njson: true\n')).toEqual({
      'batch-size': 4,
      fill: -1e9,
      json: true,
    });
  });

  it('an empty file sets nothing', async () => {
    expect(await read('# nothing\n')).toEqual({});
  });

  it.each([
    [
      'an unknown key, with the nearest',
      'batchsize: 4\n',
      /Unknown key "batchsize" in .*eval.yaml. Did you mean batch-size\?/,
    ],
    ['bad syntax, with its line', 'model: tiny\npolicy: [safe\n', /line [23]: expected YAML/],
    ['a key given twice', 'seed: 1\nseed: 2\n', /line 2: expected YAML, found: Map keys must be unique/],
    ['a list', '- model\n', /found a list/],
    ['a bare word', 'tiny\n', /found string/],
  ])('refuses %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
    await expect(read(content)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses a file that is not there', async () => {
    await expect(readConfigFile(join(folder, 'no.yaml'), evalFlags)).rejects.toThrow(
      /expected a readable YAML file/,
    );
  });
});

describe('the flag table', () => {
  it('has each name once, and every choice has its default among the choices', () => {
    const names = evalFlags.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const flag of evalFlags)
      if (flag.kind === 'choice' && 'default' in flag) expect(flag.choices).toContain(flag.default);
  });
});
