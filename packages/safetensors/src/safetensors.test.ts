import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  float32Tensor,
  integerTensor,
  readSafetensors,
  toFloat32,
  toFloat64,
  toIntegers,
  writeSafetensors,
} from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nanscope-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with this header text and this many zero bytes of data. */
async function file(
  name: string,
  header: string | object,
  dataBytes: number,
  statedLength?: bigint,
): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = Buffer.alloc(8 + json.length + dataBytes);
  bytes.writeBigUInt64LE(statedLength ?? BigInt(json.length));
  json.copy(bytes, 8);
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const f32 = (begin: number, end: number, shape: number[]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('round trip', () => {
  it('keeps NaN payload bits, signs of zero, metadata, empty tensors and scalars', async () => {
    const bits = Uint32Array.of(0x7fa00001, 0xffc12345, 0x80000000, 0x7f800000);
    const path = join(folder, 'round.safetensors');
    await writeSafetensors(
      path,
      {
        nan: float32Tensor([2, 2], new Float32Array(bits.buffer)),
        empty: float32Tensor([0, 3], new Float32Array()),
        scalar: float32Tensor([], Float32Array.of(1.5)),
        ids: integerTensor([3], [1, -100, 2147483647]),
        flag: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
      },
      { made: 'by a test' },
    );
    const read = await readSafetensors(path);
    expect(read.metadata).toEqual({ made: 'by a test' });
    expect([...read.names].sort()).toEqual(['empty', 'flag', 'ids', 'nan', 'scalar']);
    const nan = toFloat32(await read.read('nan'));
    expect([...new Uint32Array(nan.buffer, nan.byteOffset, 4)]).toEqual([...bits]);
    expect((await read.read('empty')).shape).toEqual([0, 3]);
    expect([...toFloat32(await read.read('scalar'))]).toEqual([1.5]);
    expect([...toIntegers(await read.read('ids'))]).toEqual([1, -100, 2147483647]);
    expect([...toIntegers(await read.read('flag'))]).toEqual([1, 0, 1]);
  });

  it('leaves no temporary file, and replaces an older file', async () => {
    const inner = join(folder, 'atomic');
    await mkdir(inner);
    const path = join(inner, 'a.safetensors');
    await writeSafetensors(path, { a: float32Tensor([1], Float32Array.of(1)) });
    await writeSafetensors(path, { a: float32Tensor([1], Float32Array.of(2)) });
    expect(await readdir(inner)).toEqual(['a.safetensors']);
    expect([...toFloat32(await (await readSafetensors(path)).read('a'))]).toEqual([2]);
  });

  it('says in one line that a folder cannot be written', async () => {
    const write = writeSafetensors(join(folder, 'none', 'a.safetensors'), {});
    await expect(write).rejects.toMatchObject({ code: 'safetensors/unwritable', exitCode: 2 });
  });
});

describe('conversions', () => {
  const words = (dtype: 'F16' | 'BF16', ...values: number[]) =>
    toFloat32({ dtype, shape: [values.length], data: new Uint8Array(Uint16Array.from(values).buffer) });

  it('widens float16 exactly, subnormals and NaN included', () => {
    expect([...words('F16', 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00, 0xfc00)]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(new Uint32Array(words('F16', 0x7e01).buffer)[0]).toBe(0x7fc02000);
  });

  it('widens bfloat16 by bits', () => {
    expect([...words('BF16', 0x3f80, 0xc040)]).toEqual([1, -3]);
  });

  it('reads float64 as it is, and refuses to take integers for floats or the other way round', () => {
    const f64 = { dtype: 'F64' as const, shape: [1], data: new Uint8Array(Float64Array.of(Math.PI).buffer) };
    expect([...toFloat64(f64)]).toEqual([Math.PI]);
    expect([...toFloat32(f64)]).toEqual([Math.fround(Math.PI)]);
    expect(() => toIntegers(f64)).toThrow('expected an integer or bool tensor, found dtype F64');
    expect(() => toFloat32(integerTensor([1], [1]))).toThrow('found dtype I64');
    expect(() => toIntegers(integerTensor([1], [2 ** 40]))).toThrow('fit 32 bits');
  });
});

describe('a broken file is refused in one line', () => {
  const cases: [string, () => Promise<string>, string, RegExp][] = [
    [
      'empty',
      async () => {
        await writeFile(join(folder, 'empty'), '');
        return join(folder, 'empty');
      },
      'not-safetensors',
      /at least 8 bytes, found 0/,
    ],
    [
      'text',
      async () => {
        await writeFile(join(folder, 'text'), 'import torch\nprint(1)');
        return join(folder, 'text');
      },
      'not-safetensors',
      /does not begin with "\{"/,
    ],
    ['not JSON', () => file('json', '{"a": ', 0), 'not-safetensors', /not JSON/],
    [
      'truncated header',
      () => file('cut', '{"a":', 0, 500n),
      'truncated-header',
      /expected 508 bytes, found 13/,
    ],
    ['huge header', () => file('huge', '{}', 0, 100_000_001n), 'header-too-large', /100000001/],
    [
      'truncated data',
      () => file('data', { a: f32(0, 16, [4]) }, 12),
      'truncated-data',
      /expected 16 bytes, found 12/,
    ],
    [
      'bytes too many',
      () => file('more', { a: f32(0, 4, [1]) }, 8),
      'trailing-data',
      /expected 4 bytes of data, found 8/,
    ],
    [
      'overlap',
      () => file('lap', { a: f32(0, 8, [2]), b: f32(4, 12, [2]) }, 12),
      'overlap',
      /"b" begins at byte 4/,
    ],
    [
      'gap',
      () => file('gap', { a: f32(0, 4, [1]), b: f32(8, 12, [1]) }, 12),
      'gap',
      /"b" begins at byte 8, expected 4/,
    ],
    [
      'unknown dtype',
      () => file('dtype', { a: { dtype: 'F31', shape: [1], data_offsets: [0, 4] } }, 4),
      'unknown-dtype',
      /"F31"/,
    ],
    ['size', () => file('size', { a: f32(0, 8, [3]) }, 8), 'size', /12 bytes, but its data_offsets hold 8/],
    ['reversed offsets', () => file('rev', { a: f32(4, 0, [1]) }, 4), 'offsets', /begin <= end/],
    ['negative shape', () => file('neg', { a: f32(0, 4, [-1]) }, 4), 'shape', /\[-1\]/],
    [
      'duplicate',
      () =>
        file(
          'twice',
          `{"a":${JSON.stringify(f32(0, 4, [1]))},"\\u0061":${JSON.stringify(f32(0, 4, [1]))}}`,
          4,
        ),
      'duplicate-tensor',
      /"a" is listed twice/,
    ],
    ['absent', async () => join(folder, 'absent'), 'unreadable', /ENOENT/],
  ];
  it.each(cases)('%s', async (_, make, code, message) => {
    const error = await readSafetensors(await make()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: `safetensors/${code}`, exitCode: 2 });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it('a name that is not there offers the nearest', async () => {
    const read = await readSafetensors(await file('near', { 'wte.weight': f32(0, 4, [1]) }, 4));
    expect(() => read.info('wte.weights')).toThrow('the nearest name is "wte.weight"');
  });
});
