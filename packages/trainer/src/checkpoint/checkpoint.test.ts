import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterAll, describe, expect, it } from 'vitest';
import type { Checkpoint, HostTensors, TrainerState } from './format.ts';
import { readCheckpoint, readLatest } from './read.ts';
import { writeCheckpoint } from './write.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-checkpoint-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const folder = () => mkdtempSync(join(base, 'c-'));

/** Bits that a careless copy would change: NaN with a payload, -Infinity, -0, a subnormal. */
const awkward = () =>
  new Float32Array(Uint32Array.of(0x7fc12345, 0xff800000, 0x80000000, 1, 0x3f800001, 0).buffer);

function state(step: number, extra: Partial<TrainerState> = {}): TrainerState {
  return {
    step,
    epoch: step / 7,
    optimizer: { name: 'adamw', steps: step },
    schedule: { name: 'cosine', warmup: 3 },
    generator: { seed: 5 },
    data: { next: step * 2 },
    progress: { tokens: step * 100, skipped: 0 },
    configHash: 'abc',
    versions: { nanscope: '0.1.0', node: '20.19.0' },
    architecture: { n_layer: 2, n_embd: 8, vocab_size: 258 },
    vocabulary: { name: 'bytes', size: 258 },
    ...extra,
  };
}

function checkpoint(step: number, extra: Partial<TrainerState> = {}): Checkpoint {
  const tensors: HostTensors = {
    a: { shape: [2, 3], values: awkward() },
    b: { shape: [], values: Float32Array.of(step) },
  };
  return {
    weights: tensors,
    optimizer: { 'exp_avg/a': tensors.a!, empty: { shape: [0], values: new Float32Array() } },
    state: state(step, extra),
    files: { 'config.json': '{}\n' },
  };
}

const names = (root: string) => readdirSync(root).sort();
const bits = ({ values }: { values: Float32Array }) => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];
async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('a checkpoint', () => {
  it('comes back bit for bit, with its state and its other files', async () => {
    const root = join(folder(), 'new', 'root');
    const written = checkpoint(3, { best: { step: 1, value: Number.NaN }, epoch: Number.POSITIVE_INFINITY });
    expect(await writeCheckpoint(root, written, { last: 2 })).toBe('step-00000003');
    const read = (await readLatest(root))!;
    expect(read.state).toEqual(written.state);
    for (const part of ['weights', 'optimizer'] as const) {
      expect(Object.keys(read[part]).sort()).toEqual(Object.keys(written[part]).sort());
      for (const [name, tensor] of Object.entries(written[part])) {
        expect(read[part][name]!.shape).toEqual(tensor.shape);
        expect(bits(read[part][name]!)).toEqual(bits(tensor));
      }
    }
    expect(readFileSync(join(read.path, 'config.json'), 'utf8')).toBe('{}\n');
    expect(readFileSync(join(read.path, 'trainer.json'), 'utf8')).not.toMatch(/: NaN|: Infinity/);
  });

  it('is not there at first', async () => {
    expect(await readLatest(join(base, 'nowhere'))).toBeUndefined();
    expect(await readLatest(folder())).toBeUndefined();
  });

  it('is found by its name when the process died before the first pointer', async () => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(1), { last: 2 });
    rmSync(join(root, 'latest'));
    mkdirSync(join(root, 'step-00000009.tmp'));
    expect((await readLatest(root))!.state.step).toBe(1);
  });
});

describe('what is kept', () => {
  it('the last ones and the best one, and nothing unfinished', async () => {
    const root = folder();
    mkdirSync(join(root, 'step-00000001.tmp'));
    writeFileSync(join(root, 'notes.txt'), 'not ours');
    for (let step = 1; step <= 6; step++) {
      await writeCheckpoint(root, checkpoint(step, { best: { step: Math.min(step, 2), value: 1 } }), {
        last: 2,
      });
    }
    expect(names(root)).toEqual([
      'best',
      'latest',
      'notes.txt',
      ...['2', '5', '6'].map((n) => `step-0000000${n}`),
    ]);
    expect(readFileSync(join(root, 'best'), 'utf8').trim()).toBe('step-00000002');
  });

  it('a step that is passed again becomes a folder of its own', async () => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(4), { last: 1 });
    expect(await writeCheckpoint(root, checkpoint(4, { configHash: 'new' }), { last: 1 })).toBe(
      'step-00000004.2',
    );
    expect((await readLatest(root))!.state.configHash).toBe('new');
    expect(names(root)).toEqual(['latest', 'step-00000004.2']);
  });
});

describe('a checkpoint that does not fit is refused in one line', () => {
  it.each([
    [
      'architecture',
      { architecture: { n_layer: 4, n_embd: 8, vocab_size: 258 } },
      'checkpoint/architecture',
      /architecture differs in n_layer: expected 4, found 2\. Resume with the same model/,
    ],
    [
      'a key more',
      { architecture: { n_layer: 2, n_embd: 8, vocab_size: 258, n_inner: 9 } },
      'checkpoint/architecture',
      /n_inner: expected 9, found nothing/,
    ],
    [
      'vocabulary',
      { vocabulary: { name: 'gpt2', size: 50257 } },
      'checkpoint/vocabulary',
      /name: expected "gpt2", found "bytes"/,
    ],
    [
      'version',
      { versions: { nanscope: '0.2.0' } },
      'checkpoint/version',
      /nanscope: expected "0\.2\.0", found "0\.1\.0"/,
    ],
    ['configuration', { configHash: 'xyz' }, 'checkpoint/config', /expected xyz, found abc/],
    ['data', { data: { next: 1 } }, 'checkpoint/data', /next: expected 1, found 2/],
  ])('%s', async (_, expected, code, message) => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(1), { last: 1 });
    const error = await failure(readLatest(root, expected));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('and one that fits is not', async () => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(1), { last: 1 });
    const { architecture, vocabulary, configHash } = state(1);
    const expected = { architecture, vocabulary, configHash, versions: { nanscope: '0.1.0' } };
    expect((await readLatest(root, expected))!.state.step).toBe(1);
  });
});

describe('a damaged checkpoint is refused in one line', () => {
  const good = folder();
  it.each<[string, string, (path: string) => void, string, RegExp]>([
    [
      'weights cut off',
      'model.safetensors',
      (path) => truncateSync(path, 60),
      'checkpoint/torn',
      /model\.safetensors is damaged \(expected \d+ bytes, found 60\)/,
    ],
    [
      'one bit of the optimizer',
      'optimizer.safetensors',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(path, bytes);
      },
      'checkpoint/torn',
      /optimizer\.safetensors is damaged \(its checksum/,
    ],
    [
      'a file that is gone',
      'config.json',
      (path) => rmSync(path),
      'checkpoint/torn',
      /config\.json is damaged \(ENOENT/,
    ],
    [
      'state cut off',
      'trainer.json',
      (path) => truncateSync(path, 60),
      'checkpoint/torn',
      /trainer\.json is damaged \(no whole JSON\)/,
    ],
    [
      'state changed',
      'trainer.json',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('"next": 2', '"next": 3')),
      'checkpoint/torn',
      /trainer\.json is damaged \(its checksum/,
    ],
    [
      'state gone',
      'trainer.json',
      (path) => rmSync(path),
      'checkpoint/missing',
      /is not a checkpoint: expected trainer\.json/,
    ],
    [
      'of a later format',
      'trainer.json',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 2')),
      'checkpoint/version',
      /expected checkpoint format 1, found 2/,
    ],
  ])('%s', async (_, name, damage, code, message) => {
    if (names(good).length === 0) await writeCheckpoint(good, checkpoint(1), { last: 1 });
    const root = join(folder(), 'copy');
    cpSync(good, root, { recursive: true });
    damage(join(root, 'step-00000001', name));
    const error = await failure(readLatest(root));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    await failure(readCheckpoint(join(root, 'step-00000001')));
  });
});

describe('when writing fails the previous checkpoint is intact', () => {
  it('in a place that cannot be written', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const error = await failure(writeCheckpoint(join(file, 'below'), checkpoint(1), { last: 1 }));
    expect(error.code).toBe('checkpoint/unwritable');
    expect(error.message).toMatch(
      /checkpoint of step 1 cannot be written \(ENOTDIR.* There is no earlier one\./,
    );
  });

  it('when it breaks off in the middle', async () => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(1), { last: 1 });
    const broken: HostTensors = {
      get a(): never {
        throw new Error('the device was lost');
      },
    };
    const optimizer = { ...checkpoint(2), optimizer: broken };
    await expect(writeCheckpoint(root, optimizer, { last: 1 })).rejects.toThrow('the device was lost');
    expect(names(root)).toEqual(['latest', 'step-00000001']);
    expect((await readLatest(root))!.state.step).toBe(1);
  });

  it('when the system refuses in the middle', async () => {
    const root = folder();
    await writeCheckpoint(root, checkpoint(1), { last: 1 });
    // A name that no file can have, after weights and optimizer are written.
    const full = { ...checkpoint(2), files: { ['x'.repeat(300)]: '' } };
    const error = await failure(writeCheckpoint(root, full, { last: 1 }));
    expect(error.message).toMatch(/ENAMETOOLONG.* step-00000001 is intact/);
    expect(names(root)).toEqual(['latest', 'step-00000001']);
    appendFileSync(join(root, 'latest'), '');
    expect((await readLatest(root))!.state.step).toBe(1);
  });
});
