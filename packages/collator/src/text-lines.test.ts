import { describe, expect, it } from 'vitest';
import { linesOf } from './text-lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(data: string | readonly number[] | Uint8Array, size = 7, limit?: number) {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Uint8Array.from(data);
  const lines: [number, string][] = [];
  for await (const { line, text } of linesOf(chunksOf(bytes, size), 'in.txt', limit))
    lines.push([line, text]);
  return lines;
}

describe('linesOf', () => {
  it.each([1, 2, 3, 5, 1000])('finds the same lines whatever the chunks (%i bytes)', async (size) => {
    expect(await read('\uFEFFone\ntwo é😀\r\n\r\nfour\rfive\n\n', size)).toEqual([
      [1, 'one'],
      [2, 'two é😀'],
      [3, ''],
      [4, 'four'],
      [5, 'five'],
      [6, ''],
      [7, ''],
    ]);
  });

  it('keeps a byte order mark that is not the first character', async () => {
    expect(await read('a\n\uFEFFb', 2)).toEqual([
      [1, 'a'],
      [2, '\uFEFFb'],
    ]);
  });

  it.each([1, 4, 1000])('reads text broken by \\r alone (%i bytes)', async (size) => {
    expect((await read('ab\rcd\r\ref', size)).map(([, text]) => text)).toEqual(['ab', 'cd', '', 'ef']);
  });

  it('reads a line of two million characters', async () => {
    const long = 'é'.repeat(2_000_000);
    expect(await read(`a\n${long}\nb`, 65_536)).toEqual([
      [1, 'a'],
      [2, long],
      [3, 'b'],
    ]);
  });

  it.each([1, 3, 1000])('names the line of invalid UTF-8 (%i bytes a chunk)', async (size) => {
    const bytes = [...Buffer.from('ok é\r\nok\n'), 0x63, 0xe9, 0x20, 0x0a, 0x61, 0x0a];
    await expect(read(bytes, size)).rejects.toMatchObject({
      code: 'data/utf8',
      message: expect.stringMatching(/^in\.txt:3 is not valid UTF-8/),
    });
  });

  it('a character cut off at the end of the data is invalid UTF-8 on the last line', async () => {
    await expect(read([...Buffer.from('a\n'), 0xe2, 0x82], 1)).rejects.toMatchObject({
      code: 'data/utf8',
      message: expect.stringContaining('in.txt:2'),
    });
  });

  it.each([
    ['NUL', [...Buffer.from('text\nmore\n'), 0, 1], /byte 10 is NUL/],
    ['gzip', [0x1f, 0x8b, 8, 0], /is gzip data.*zcat/],
    ['UTF-16', [0xff, 0xfe, 0x61, 0], /is UTF-16 data.*iconv/],
    ['Parquet', [...Buffer.from('PAR1x')], /is Parquet data/],
  ])('refuses binary data by name: %s', async (_, bytes, message) => {
    await expect(read(bytes, 5)).rejects.toMatchObject({
      code: 'data/binary',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a line without end before it fills the memory', async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1000).fill(97);
    }
    const reading = linesOf(endless(), 'in.txt', 5000).next();
    await expect(reading).rejects.toMatchObject({
      code: 'data/line-too-long',
      message: expect.stringContaining('in.txt:1'),
    });
  });

  it('reads no further than it is asked to', async () => {
    let pulled = 0;
    async function* counted() {
      for (;;) {
        pulled++;
        yield Buffer.from('a\nb\n');
      }
    }
    const lines = linesOf(counted(), 'in.txt');
    for (let i = 0; i < 4; i++) await lines.next();
    expect(pulled).toBe(2);
    await lines.return();
  });
});
