import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32Tensor, openSafetensors, toFloat32, writeSafetensors } from './index.ts';

let folder = '';
const index = () => join(folder, 'model.safetensors.index.json');
const writeIndex = (weight_map: unknown) =>
  writeFile(index(), JSON.stringify({ metadata: { total_size: 8 }, weight_map }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nanscope-shards-'));
  await writeSafetensors(join(folder, 'one.safetensors'), { a: float32Tensor([1], Float32Array.of(1)) });
  await writeSafetensors(join(folder, 'two.safetensors'), { b: float32Tensor([1], Float32Array.of(2)) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a sharded model', () => {
  it('reads like one file', async () => {
    await writeIndex({ a: 'one.safetensors', b: 'two.safetensors' });
    const file = await openSafetensors(index());
    expect(file.names).toEqual(['a', 'b']);
    expect([...toFloat32(await file.read('a')), ...toFloat32(await file.read('b'))]).toEqual([1, 2]);
    expect(() => file.info('c')).toThrow('has no tensor "c"');
  });

  it.each([
    ['a tensor that its shard does not hold', { a: 'two.safetensors' }, 'which does not hold it'],
    ['a shard that is missing', { a: 'three.safetensors' }, 'ENOENT'],
    ['a shard outside the folder', { a: '../one.safetensors' }, 'a file beside the index'],
    ['no weight map', undefined, 'expected a "weight_map"'],
  ])('refuses %s', async (_, map, message) => {
    await writeIndex(map);
    await expect(openSafetensors(index())).rejects.toThrow(message);
  });
});
