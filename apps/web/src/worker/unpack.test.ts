import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { bounds, unpack } from './unpack.ts';

const zip = (files: Record<string, Uint8Array>) => new Blob([zipSync(files)]);
const all = () => true;

describe('a zip', () => {
  it('gives the texts that are wanted', async () => {
    const made = zip({ 'a/run.json': strToU8('{"π":1}'), 'a/other.bin': new Uint8Array(10) });
    const texts = await unpack('a.zip', made, (path) => path.endsWith('run.json'));
    expect([...texts]).toEqual([['a/run.json', '{"π":1}']]);
  });

  it('is stopped at the bytes that come out, whatever size it states', async () => {
    const bomb = zip({ 'run.json': new Uint8Array(2 ** 20) });
    const limits = { ...bounds, unpackedBytes: 2 ** 19 };
    await expect(unpack('b.zip', bomb, all, limits)).rejects.toThrow(/at most 0.5 MiB of unpacked files/);
  });

  it('is stopped at the number of files', async () => {
    const many = zip(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}`, strToU8('x')])));
    await expect(unpack('c.zip', many, all, { ...bounds, entries: 8 })).rejects.toThrow(/at most 8 files/);
    expect((await unpack('c.zip', many, all, { ...bounds, entries: 9 })).size).toBe(9);
  });

  it('that is too large is not read at all', async () => {
    const large = zip({ a: strToU8('x') });
    await expect(unpack('d.zip', large, all, { ...bounds, zipBytes: 8 })).rejects.toThrow(
      /expected a zip of at most/,
    );
  });

  it('that is cut off in a file that is not compressed is refused too', async () => {
    const bytes = zipSync({ 'run.json': strToU8('x'.repeat(200)) }, { level: 0 });
    await expect(unpack('f.zip', new Blob([bytes.slice(0, 100)]), all)).rejects.toThrow(/^f\.zip: expected/);
  });

  it.each([
    ['cut off', (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, 60)],
    ['no zip', () => strToU8('this is no zip at all') as Uint8Array<ArrayBuffer>],
    ['empty', () => new Uint8Array()],
  ])('that is %s is refused by name', async (_, spoil) => {
    const bytes = zipSync({
      'run.json': strToU8(JSON.stringify({ text: 'long enough to be cut '.repeat(20) })),
    });
    await expect(unpack('e.zip', new Blob([spoil(bytes)]), all)).rejects.toThrow(/^e\.zip: expected/);
  });
});
