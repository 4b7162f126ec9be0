/** Folders of small tokenizers for tests: a byte-level BPE of thirteen tokens, as GPT-2 files and as tokenizer.json. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-tokenizers-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A new directory with these files; anything but a string is written as JSON. */
export function directory(files: Record<string, unknown>): string {
  const path = join(folder, String(count++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return path;
}

/** A small byte-level BPE: Ġ is a blank, Ċ a line break, the others are what they look like. */
export const vocab = {
  a: 0,
  b: 1,
  Ġ: 2,
  ab: 3,
  Ġab: 4,
  Ċ: 5,
  abab: 6,
  '<|endoftext|>': 7,
  ï: 8,
  '¿': 9,
  '½': 10,
  Â: 11,
  ħ: 12,
};
export const merges = '#version: 0.2\na b\nĠ ab\nab ab\n';
export const gpt2 = { 'vocab.json': vocab, 'merges.txt': merges };

export const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
export const tokenizerJson = {
  version: '1.0',
  added_tokens: [{ id: 7, content: '<|endoftext|>', special: true }],
  normalizer: null,
  pre_tokenizer: byteLevel,
  post_processor: byteLevel,
  decoder: byteLevel,
  model: { type: 'BPE', vocab, merges: ['a b', 'Ġ ab', 'ab ab'] },
};
