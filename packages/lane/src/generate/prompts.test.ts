import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteTokenizer } from '@nanscope/collator';
import { presetConfig } from '@nanscope/model';
import type { GenerateConfig } from '@nanscope/settings';
import { afterAll, describe, expect, it } from 'vitest';
import { promptIds, readPrompts } from './prompts.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-prompts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'p.txt');
writeFileSync(data, 'one\n\ntwo\nthree\n');

const read = async (config: Partial<GenerateConfig>) =>
  (await readPrompts(config as GenerateConfig)).map(({ text, origin }) => [text, origin]);

describe('prompts', () => {
  it('come from the flag, then from the data up to the limit', async () => {
    expect(await read({ prompt: ['a', ''], data, limit: 2 })).toEqual([
      ['a', '--prompt 1'],
      ['', '--prompt 2'],
      ['one', `${data}:1`],
      ['two', `${data}:3`],
    ]);
  });

  it('without any there is one empty one, which begins with the start token', async () => {
    const [prompt] = await readPrompts({} as GenerateConfig);
    expect(promptIds(prompt!, byteTokenizer(), presetConfig('tiny'))).toEqual([256]);
  });

  it('that cannot be continued are refused by their name', () => {
    const { bosTokenId: _, eosTokenId: __, ...bare } = byteTokenizer();
    const tiny = presetConfig('tiny');
    expect(() => promptIds({ text: '', origin: '--prompt 1' }, bare, tiny)).toThrow(
      '--prompt 1: expected a text, found none',
    );
    const long = { text: 'x'.repeat(257), origin: 'p.txt:7' };
    expect(() => promptIds(long, byteTokenizer(), tiny)).toThrow(
      'p.txt:7: expected at most 256 tokens, the positions of the model (n_positions), found 257',
    );
    expect(promptIds({ ...long, text: 'x'.repeat(256) }, byteTokenizer(), tiny)).toHaveLength(256);
  });
});
