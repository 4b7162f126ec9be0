import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { byteSymbols, byteTokenizer } from './byte-tokenizer-files.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import { saveTokenizer } from './save-tokenizer.ts';

const root = mkdtempSync(join(tmpdir(), 'nanscope-save-tokenizer-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = () => mkdtempSync(join(root, 't-'));

const texts = [
  'The cat sat.',
  '  two  blanks\tand\r\nbreaks\n\n',
  'naïve 日本語 🙂 \u0085\uFEFF\u0000\u00ad',
  "it's 12'345 <|endoftext|> and <|pad|>, spelt out",
  '',
  'a lone \uD800 surrogate',
];

describe('the byte tokenizer, saved', () => {
  it('gives the same ids and texts when it is loaded from its files', async () => {
    const directory = folder();
    await saveTokenizer(directory, byteTokenizer());
    const loaded = await loadTokenizer(directory);
    const bytes = byteTokenizer();
    const { vocabSize, padTokenId, eosTokenId, bosTokenId } = bytes;
    expect(loaded).toMatchObject({ vocabSize, padTokenId, eosTokenId, bosTokenId });
    for (const text of texts) {
      const ids = bytes.encode(text);
      expect(loaded.encode(text), text).toEqual(ids);
      expect(loaded.decode(ids), text).toBe(bytes.decode(ids));
    }
    expect(loaded.decode([65, 256, 66, 257])).toBe('A<|endoftext|>B<|pad|>');
  });

  it('names every byte by a character of its own', () => {
    const symbols = byteSymbols();
    expect(new Set(symbols).size).toBe(256);
    expect(symbols[0x20]).toBe('Ġ');
    expect(symbols[0x0a]).toBe('Ċ');
    expect(symbols[0xad]).toBe('Ń');
  });
});

describe('a tokenizer that came from files, saved', () => {
  it('is copied byte for byte, its own files only', async () => {
    const from = folder();
    await saveTokenizer(from, byteTokenizer());
    writeFileSync(join(from, 'model.safetensors'), 'weights');
    const to = folder();
    const names = await saveTokenizer(to, await loadTokenizer(from));
    expect(readdirSync(to).sort()).toEqual(names.sort());
    expect(names).not.toContain('model.safetensors');
    for (const name of names) expect(readFileSync(join(to, name))).toEqual(readFileSync(join(from, name)));
  });

  it('is refused in one line when its files are gone, or the folder cannot be written', async () => {
    const from = folder();
    await saveTokenizer(from, byteTokenizer());
    const loaded = await loadTokenizer(from);
    rmSync(from, { recursive: true });
    await expect(saveTokenizer(folder(), loaded)).rejects.toThrow(/found neither/);
    const blocked = join(root, 'file');
    writeFileSync(blocked, '');
    await expect(saveTokenizer(join(blocked, 'below'), byteTokenizer())).rejects.toBeInstanceOf(UserError);
  });
});
