import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stepLineSchema } from '../schema/lines.ts';
import { jsonNumber } from '../schema/number.ts';
import { linesOf, readJsonLines } from './read.ts';
import { appendJsonLine } from './write.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A file with this text, under a name of its own. */
function file(text: string | Buffer): string {
  const name = `${count++}.jsonl`;
  writeFileSync(join(folder, name), text);
  return name;
}

async function all<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

const step = {
  ...{ step: 1, epoch: 0.5, loss: 'NaN', learningRate: 1e-3, gradNorm: 2.5, tokens: 64 },
  ...{ tokensPerSecond: 100, seconds: 0.6, bytes: 4096, action: 'stop' },
};

describe('readJsonLines', () => {
  it('skips a torn last line and blank ones, and gives the rest', async () => {
    const name = file('');
    appendJsonLine(folder, name, Number.NaN);
    appendFileSync(join(folder, name), '\n2\n"Infin');
    expect(await all(readJsonLines(folder, name, jsonNumber))).toEqual(['NaN', 2]);
  });

  it('refuses a torn line with others after it, by its number', async () => {
    const name = file('1\n{"x\n3\n');
    await expect(all(readJsonLines(folder, name, jsonNumber))).rejects.toThrow(/line 2: expected JSON/);
  });

  it.each([
    ['a field of another type', { ...step, step: 'first' }, /line 2: .*found a wrong field step/],
    ['a number that JSON cannot hold', { ...step, loss: null }, /wrong field loss/],
    ['a value that is none', { ...step, action: 'dance' }, /wrong field action/],
    ['a list', [], /found a wrong field/],
    ['null', null, /found a wrong field/],
  ])('refuses %s in one line', async (_, line, message) => {
    const name = file(`${JSON.stringify(step)}\n${JSON.stringify(line)}\n`);
    const reading = all(readJsonLines(folder, name, stepLineSchema));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ exitCode: 2, message: expect.not.stringContaining('\n') });
  });

  it('a file that is not there has no lines', async () => {
    expect(await all(readJsonLines(folder, 'none', jsonNumber))).toEqual([]);
  });
});

describe('linesOf', () => {
  it('gives lines with either end, the last without one, and characters that chunks cut apart', async () => {
    const long = 'é'.repeat(70_000);
    expect(await all(linesOf(join(folder, file(`a\r\n\n${long}\nb`))))).toEqual(['a', '', long, 'b']);
  });

  it('refuses a line that is too long before it fills the memory', async () => {
    const path = join(folder, file(Buffer.alloc(300_000, 0x78)));
    await expect(all(linesOf(path, 100_000))).rejects.toThrow(/found one of more than 100000 characters/);
  });
});
