import type { Continuation } from '@nanscope/lane';
import { generateFlags, resolveFlags, toGenerateConfig } from '@nanscope/settings';
import { describe, expect, it } from 'vitest';
import { evalCommand } from './generate-texts.ts';

const config = (given: Record<string, unknown>) =>
  toGenerateConfig(resolveFlags(generateFlags, given, undefined));
const row: Continuation = { row: 0, prompt: 'a', text: '', tokens: [], ended: 'non-finite' };

describe('evalCommand', () => {
  it('names what differs from the defaults, and pipes the prompts of the batch', () => {
    const given = {
      device: 'gpu',
      policy: 'torch-2.4',
      seed: '3',
      prompt: ['a', 'bc'],
      'max-new-tokens': '9',
    };
    expect(evalCommand(config(given), row, ['a', 'bc'])).toBe(
      `printf '%s\\n' '{"text":"a"}' '{"text":"bc"}' | pnpm eval --seed=3 --device=gpu --policy=torch-2.4 --data=- --text-field=text`,
    );
  });

  it('adds what was generated to the row that stopped, and quotes for the shell', () => {
    const later = { ...row, row: 9, text: "b's\n" };
    const line = evalCommand(config({ prompt: ['a', 'c'], fill: 'select -inf' }), later, ['c', 'a']);
    expect(line).toBe(
      `printf '%s\\n' '{"text":"c"}' '{"text":"ab'\\''s\\n"}' | pnpm eval --fill='select -inf' --data=- --text-field=text`,
    );
  });

  it('names the file of --data while nothing was generated', () => {
    const given = { data: 'my file.jsonl', 'text-field': 'story', limit: '4' };
    expect(evalCommand(config(given), row, ['a'])).toBe(
      `pnpm eval --data='my file.jsonl' --text-field=story --limit=4`,
    );
    expect(evalCommand(config(given), { ...row, text: 'b' }, ['a'])).toMatch(/^printf .* --data=- /);
    expect(evalCommand(config({ data: '-' }), row, ['a'])).toMatch(/^printf .* --data=- /);
  });
});
