/** `train --resume` from any checkpoint of a run, and from what is broken: refused in one line, with every byte as it was. */
import { appendFileSync, cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { commands } from '../../apps/cli/src/commands/index.ts';
import { run as inProcess } from '../../apps/cli/src/run.ts';
import { bytesOf, run, workspace } from './cli.ts';

const { at } = workspace();
const small = ['--device', 'wasm', '--layers', '1', '--width', '16', '--heads', '2', '--batch-size', '4'];
const whole = at('whole');
const checkpoints = (folder: string) => join(folder, 'target/checkpoints');
const weights = (folder: string, step: number) =>
  readFileSync(join(checkpoints(folder), `step-0000000${step}`, 'model.safetensors'));
const steps = (folder: string) =>
  readFileSync(join(folder, 'target/metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).step);

beforeAll(async () => {
  const often = ['--steps', '8', '--save-every', '2', '--eval-every', '4', '--keep', '9'];
  const { code, stderr } = await run(['train', ...small, ...often, '--max-length', '32', '--out', whole]);
  if (code !== 0) throw new Error(stderr);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The line that `nanscope ARGS` ends with, before a lane starts. */
async function refusal(...args: string[]): Promise<string> {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const before = bytesOf(at('.'));
  const outcome = await inProcess(args, commands).catch((error: unknown) => error);
  if (!(outcome instanceof UserError)) throw outcome;
  expect(outcome.exitCode).toBe(2);
  expect(outcome.message).not.toMatch(/\n|undefined|\[object/);
  expect(bytesOf(at('.'))).toBe(before);
  return outcome.message;
}

describe('a run goes on', () => {
  it.each([
    ['its name', ['--resume', whole, '--checkpoint', 'step-4']],
    ['its number', ['--resume', whole, '--checkpoint', '4']],
    ['its folder', ['--resume', join(checkpoints(whole), 'step-00000004')]],
  ])('from an earlier checkpoint by %s, elsewhere, to the same end', async (name, args) => {
    const [before, out] = [bytesOf(whole), at(name)];
    const { code, stderr } = await run(['train', ...args, '--out', out]);
    expect(stderr).toMatch(/continues after step 4 from .*step-00000004/);
    expect(code).toBe(0);
    expect(steps(out)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(weights(out, 8).equals(weights(whole, 8))).toBe(true);
    expect(bytesOf(whole)).toBe(before);
  });

  it('in its folder from the last one, past a line that was cut off and the lock of a process that died', async () => {
    const out = at('cut');
    cpSync(whole, out, { recursive: true });
    appendFileSync(join(out, 'target/metrics.jsonl'), '{"step":9,"lo');
    writeFileSync(join(out, 'target/lane.lock'), 'elsewhere 1\n');
    const { code } = await run(['train', '--resume', out, '--checkpoint', 'last', '--steps', '10']);
    expect(code).toBe(0);
    expect(steps(out)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('refused, and nothing is changed', () => {
  it.each<[string[], RegExp]>([
    [
      ['--checkpoint', 'step-5'],
      /expected last, best or one of step-2, step-4, step-6, step-8 in .*found none/,
    ],
    [['--checkpoint', '../target'], /--checkpoint \.\.\/target: expected last, best or one of/],
    [['--checkpoint', 'step-4', '--out', whole], /expected another folder than the run's own/],
    [['--batch-size', '5'], /data differs in batchSize: expected 5, found 4/],
    [['--layers', '2'], /architecture differs in n_layer: expected 2, found 1/],
    [['--save', whole], /--save .*expected a folder of its own, found --resume .* in it/],
    [['--save', at('.')], /found --resume .* in it/],
  ])('%j', async (flags, line) => {
    expect(await refusal('train', '--resume', whole, ...flags)).toMatch(line);
  });

  it('a checkpoint without --resume, and two of them', async () => {
    const one = join(checkpoints(whole), 'step-00000004');
    expect(await refusal('train', '--checkpoint', 'best')).toMatch(/expected --resume with the run/);
    expect(await refusal('train', '--resume', one, '--checkpoint', 'best')).toMatch(/found two/);
  });

  it('a checkpoint that a model would be saved over, and a run that the model is in', async () => {
    const one = join(checkpoints(whole), 'step-00000004');
    expect(await refusal('train', '--save', one, '--overwrite')).toMatch(/found a checkpoint of a run/);
    expect(await refusal('train', '--model', one, '--out', whole)).toMatch(/found --model .* in it/);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'weights cut off',
      (folder) => truncateSync(join(checkpoints(folder), 'step-00000008/model.safetensors'), 999),
      /model\.safetensors is damaged \(expected \d+ bytes, found 999\).*Resume from an earlier one/,
    ],
    [
      'a state cut off',
      (folder) => truncateSync(join(checkpoints(folder), 'step-00000008/trainer.json'), 99),
      /trainer\.json is damaged \(no whole JSON\)/,
    ],
    [
      'a state of another format',
      (folder) => writeFileSync(join(checkpoints(folder), 'step-00000008/trainer.json'), '{"format":9}'),
      /expected checkpoint format 1, found 9/,
    ],
    [
      'a line that is none',
      (folder) => writeFileSync(join(folder, 'target/metrics.jsonl'), '{"step":1}\ngarbage\n{"step":2}\n'),
      /metrics\.jsonl, line 2: expected the figures of a step, found "garbage"/,
    ],
    [
      'a lane of another version',
      (folder) => writeFileSync(join(folder, 'target/run.json'), '{"schemaVersion":99,"kind":"train-lane"}'),
      /expected schemaVersion 1, found 99\. Read it with the nanscope that wrote it/,
    ],
    [
      'settings cut off',
      (folder) => truncateSync(join(folder, 'config.json'), 30),
      /config\.json: expected JSON, the configuration of the run/,
    ],
  ])('%s', async (name, harm, line) => {
    const folder = at(`harmed: ${name}`);
    cpSync(whole, folder, { recursive: true });
    harm(folder);
    expect(await refusal('train', '--resume', folder, '--steps', '9')).toMatch(line);
  });
});

it('--save replaces a model that train saved, and others when asked to', async () => {
  const [own, foreign] = [at('own'), at('foreign')];
  const train = ['train', ...small, '--steps', '1', '--max-length', '32'];
  const save = (...args: string[]) => run([...train, '--out', at('any'), ...args]);
  expect((await save('--save', own)).code).toBe(0);
  expect((await save('--save', own)).code).toBe(0);
  cpSync(own, foreign, { recursive: true });
  writeFileSync(join(foreign, 'README.md'), 'mine');
  const tuned = ['train', '--steps', '1', '--device', 'wasm', '--max-length', '32', '--model', own];
  expect(await refusal(...tuned, '--save', own)).toMatch(/the model that is trained on.*--overwrite/);
  expect(await refusal(...train, '--save', foreign)).toMatch(/a model that train did not save.*--overwrite/);
  expect((await run([...tuned, '--save', own, '--overwrite', '--out', at('any')])).code).toBe(0);
  expect((await save('--save', foreign, '--overwrite')).code).toBe(0);
  expect(readFileSync(join(foreign, 'README.md'), 'utf8')).toBe('mine');
});
