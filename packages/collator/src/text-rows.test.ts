import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinTextPath, readTexts, sourceWords, type TextRow, type TextSource } from './index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nanscope-texts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function read(from: TextSource): Promise<TextRow[]> {
  const rows: TextRow[] = [];
  for await (const row of readTexts(from)) rows.push(row);
  return rows;
}

async function* input(text: string): AsyncGenerator<Uint8Array> {
  for (const byte of Buffer.from(text)) yield Uint8Array.of(byte);
}

describe('readTexts', () => {
  it('gives each line that is not blank, as written, with its number', async () => {
    const path = write('a.txt', '  first \r\n\r\n \t\nsecond');
    expect(await read({ path })).toEqual([
      { text: '  first ', source: path, line: 1 },
      { text: 'second', source: path, line: 4 },
    ]);
  });

  it.each(['jsonl', 'ndjson', 'json', 'JSONL'])(
    'takes the field "text" of each line of .%s',
    async (extension) => {
      const path = write(
        `b.${extension}`,
        '{"text": "one\\ntwo", "id": 1}\n\n{"text": " "}\n{"text": "three"}\n',
      );
      expect(await read({ path })).toEqual([
        { text: 'one\ntwo', source: path, line: 1 },
        { text: 'three', source: path, line: 4 },
      ]);
    },
  );

  it('takes the field that is named', async () => {
    const path = write('c.jsonl', '{"body": "x", "text": 1}');
    expect((await read({ path, textField: 'body' })).map((row) => row.text)).toEqual(['x']);
  });

  it('a named field makes JSON Lines of a file of unknown kind, but not of plain text', async () => {
    const odd = write('d.data', '{"text": "x"}');
    expect((await read({ path: odd, textField: 'text' }))[0]!.text).toBe('x');
    expect((await read({ path: odd }))[0]!.text).toBe('{"text": "x"}');
    const plain = write('d.txt', '{"text": "x"}');
    expect((await read({ path: plain, textField: 'text' }))[0]!.text).toBe('{"text": "x"}');
  });

  it('reads a directory in sorted order, below it too, text files only', async () => {
    write('dir/b.txt', 'b');
    write('dir/a/z.jsonl', '{"text": "a/z"}');
    write('dir/c.md', 'c');
    write('dir/a.txt', 'a');
    write('dir/package.json', '{}');
    write('dir/image.png', Uint8Array.of(0, 1));
    write('dir/.hidden.txt', 'hidden');
    write('dir/blank.txt', '\n\n');
    symlinkSync(join(folder, 'dir'), join(folder, 'dir/a/loop'), 'junction');
    expect((await read({ path: join(folder, 'dir') })).map((row) => row.text)).toEqual([
      'a/z',
      'a',
      'b',
      'c',
    ]);
  });

  it('reads standard input: lines, or JSON Lines when a field is named', async () => {
    expect(await read({ path: '-', stdin: input('é\n\nb') })).toEqual([
      { text: 'é', source: '<stdin>', line: 1 },
      { text: 'b', source: '<stdin>', line: 3 },
    ]);
    expect((await read({ path: '-', textField: 't', stdin: input('{"t": "x"}') }))[0]!.text).toBe('x');
  });

  it('holds one chunk of a stream of 200 MB, not the stream', async () => {
    const chunk = Buffer.from(`${'x'.repeat(99)}\n`.repeat(1000));
    async function* large() {
      for (let i = 0; i < 2000; i++) yield chunk;
    }
    const before = process.memoryUsage().rss;
    let rows = 0;
    let peak = 0;
    for await (const row of readTexts({ path: '-', stdin: large() })) {
      rows += row.text.length === 99 ? 1 : 0;
      if (rows % 100_000 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(rows).toBe(2_000_000);
    expect(peak).toBeLessThan(120e6);
  });

  it('closes the stream of a reader that stops early', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.from('a\n');
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTexts({ path: '-', stdin: endless() })) break;
    expect(closed).toBe(true);
  });

  it('the built-in text is one English sentence a line', async () => {
    const rows = await read({ path: builtinTextPath });
    expect(rows.length).toBeGreaterThan(120);
    for (const { text } of rows) {
      expect(text).toMatch(/^[A-Z0-9"].*[.?!:]"?$/);
      expect(text.length, text).toBeGreaterThanOrEqual(15);
      expect(text.length, text).toBeLessThanOrEqual(120);
    }
    expect(new Set(rows.map((row) => row.text)).size).toBe(rows.length);
  });
});

describe('readTexts errors', () => {
  const cases: [string, () => TextSource, string, RegExp][] = [
    [
      'a missing file, with its nearest sibling',
      () => ({ path: write('corpus.txt', 'x').replace('corpus', 'copus') }),
      'data/missing',
      /copus\.txt\. Did you mean .*corpus\.txt\?/,
    ],
    [
      'a missing folder, with its nearest sibling',
      () => ({ path: join(dirname(write('texts/a.txt', 'x')), '../text/a.txt') }),
      'data/missing',
      /there is no .*text\)\. Did you mean .*texts\?/,
    ],
    ['an empty path', () => ({ path: '' }), 'data/missing', /empty path/],
    [
      'a file taken for a directory',
      () => ({ path: join(write('e.txt', 'x'), 'y.txt') }),
      'data/missing',
      /No such file/,
    ],
    [
      'a directory without text',
      () => ({ path: dirname(write('nothing/x.png', 'x')) }),
      'data/no-files',
      /expected \.txt, \.md/,
    ],
    ['an empty file', () => ({ path: write('f.txt', '') }), 'data/empty', /f\.txt holds no text/],
    ['blank lines only', () => ({ path: write('g.txt', '\n \n\t\n') }), 'data/empty', /not blank/],
    [
      'blank JSON texts only',
      () => ({ path: write('g.jsonl', '{"text": ""}\n') }),
      'data/empty',
      /not blank/,
    ],
    [
      'a directory of blank files',
      () => ({ path: dirname(write('blank/h.txt', '\n')) }),
      'data/empty',
      /blank holds no text/,
    ],
    [
      'empty standard input',
      () => ({ path: '-', stdin: input('') }),
      'data/empty',
      /^Standard input holds no text/,
    ],
    [
      'a terminal',
      () => ({ path: '-', stdin: Object.assign(input('x'), { isTTY: true }) }),
      'data/terminal',
      /pipe the text in/,
    ],
    [
      'binary data',
      () => ({ path: write('i.txt', Uint8Array.of(65, 0)) }),
      'data/binary',
      /i\.txt is binary/,
    ],
    [
      'invalid UTF-8',
      () => ({ path: write('j.txt', Uint8Array.of(65, 10, 0xe9, 10)) }),
      'data/utf8',
      /j\.txt:2 is not valid UTF-8/,
    ],
    [
      'invalid JSON',
      () => ({ path: write('k.jsonl', '{"text": "a"}\n\n{"text": \n') }),
      'data/json',
      /k\.jsonl:3 is not valid JSON/,
    ],
    [
      'JSON that is no object',
      () => ({ path: write('l.jsonl', '["a"]\n') }),
      'data/json',
      /l\.jsonl:1 holds an array; expected one JSON object per line/,
    ],
    [
      'a document over several lines',
      () => ({ path: write('m.json', '{\n"text": "a"\n}') }),
      'data/json',
      /m\.json:1 is not valid JSON.*one JSON object per line/,
    ],
    [
      'a missing field, with the nearest',
      () => ({ path: write('n.jsonl', '{"text": "a"}\n{"txt": "b", "id": 1}') }),
      'data/field-missing',
      /n\.jsonl:2 has no field "text"; it has "txt", "id"\. Did you mean --text-field txt\?/,
    ],
    [
      'an object without fields',
      () => ({ path: write('o.jsonl', '{}') }),
      'data/field-missing',
      /it has no fields/,
    ],
    [
      'a field every object inherits',
      () => ({ path: write('p.jsonl', '{"text": "a"}'), textField: 'toString' }),
      'data/field-missing',
      /no field "toString"/,
    ],
    [
      'a number for a text',
      () => ({ path: write('q.jsonl', '{"text": 7}') }),
      'data/field-type',
      /q\.jsonl:1: field "text" is a number; expected a string/,
    ],
    ['null for a text', () => ({ path: write('r.jsonl', '{"text": null}') }), 'data/field-type', /is null/],
    [
      'a line that is too long',
      () => ({ path: write('s.txt', 'x'.repeat(100)), maxLineBytes: 50 }),
      'data/line-too-long',
      /s\.txt:1 is longer than 50 bytes/,
    ],
  ];
  it.each(cases)('%s', async (_, from, code, message) => {
    const thrown = await read(from()).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code, exitCode: 2, message: expect.stringMatching(message) });
    expect((thrown as Error).message).not.toContain('\n');
  });

  it('a file that can no longer be read', async () => {
    const path = dirname(write('gone/a.txt', 'a'));
    const second = write('gone/b.txt', 'b');
    const rows = readTexts({ path });
    await rows.next();
    rmSync(second);
    await expect(rows.next()).rejects.toMatchObject({
      code: 'data/unreadable',
      message: expect.stringMatching(/^Cannot read .*b\.txt: ENOENT/),
    });
  });
});

describe('sourceWords', () => {
  it.each([
    [undefined, undefined, /^built-in text$/],
    ['a.txt', undefined, /^a\.txt$/],
    ['a.jsonl', 'body', /^a\.jsonl$/],
    ['a.csv', undefined, /^a\.csv \(a table read as lines of plain text, .* with --text-field\)$/],
    ['A.TSV', undefined, /a table/],
    ['a.html', undefined, /markup read as lines/],
    ['a.txt', 'body', /plain text, for which --text-field has no meaning/],
  ])('%s, field %s', (path, field, words) => {
    expect(sourceWords(path, field)).toMatch(words);
  });
});
