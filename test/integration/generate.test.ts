/** `nanscope generate` as a user runs it, on the backend every machine has. */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { run, workspace } from './cli.ts';

const { at } = workspace();
const wasm = ['generate', '--device', 'wasm', '--max-new-tokens', '6'];
const lines = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('generate', () => {
  it('continues prompts in the order they end, the same for the same seed, in batches of any size', async () => {
    writeFileSync(at('p.txt'), 'Two words\nA whole sentence of prompt.\n');
    const args = [
      ...wasm,
      '--prompt',
      'One',
      '--prompt',
      '',
      '--data',
      at('p.txt'),
      '--top-p',
      '0.9',
      '--json',
    ];
    const [a, b] = [await run(args), await run([...args, '--batch-size', '1'])];
    expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0]);
    const rows = lines(a.stdout);
    expect(rows.map(({ row, prompt }) => [row, prompt])).toEqual([
      [0, 'One'],
      [1, ''],
      [2, 'Two words'],
      [3, 'A whole sentence of prompt.'],
    ]);
    for (const { tokens, ended } of rows) {
      expect(ended).toBe('length');
      expect(tokens).toHaveLength(6);
    }
    expect(lines(b.stdout)).toEqual(rows);
  });

  it('a model without any tokenizer reads prompts as bytes and says so first; one of another kind is refused', async () => {
    const bare = at('bare');
    cpSync(fileURLToPath(new URL('../../packages/model/models/prose', import.meta.url)), bare, {
      recursive: true,
    });
    const config = join(bare, 'config.json');
    // Another end of text than the byte tokenizer's, so that its ids are not known to be bytes.
    writeFileSync(config, readFileSync(config, 'utf8').replace(/"eos_token_id": \d+/, '"eos_token_id": 0'));
    for (const name of readdirSync(bare)) if (/token|special/.test(name)) rmSync(join(bare, name));
    const args = [...wasm, '--model', bare, '--greedy', '--prompt', 'One', '--json'];
    const said = await run(args);
    expect(said.code, said.stderr).toBe(0);
    expect(said.stderr).toMatch(/^.*no tokenizer beside .*: prompts are read and texts written as bytes/m);
    expect(lines(said.stdout)[0].tokens).toHaveLength(6);
    writeFileSync(join(bare, 'vocab.txt'), '[UNK]\n');
    const refused = await run(args);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('vocab.txt (of WordPiece)');
  });

  it('prints the text alone for one prompt, read from a pipe too', async () => {
    const piped = await run([...wasm, '--greedy', '--data', '-'], { input: 'Now\n' });
    const given = await run([...wasm, '--greedy', '--prompt', 'Now']);
    expect(piped.stdout.split('\n').slice(1).join('\n')).toBe(given.stdout);
    expect(given.stdout).toMatch(/^.{6}\n$/s);
  });

  it('a row of NaN is one line with the command that shows its origin; the other row goes on; exit 1', async () => {
    const policy = ['--policy', 'torch-2.4', '--prompt', "It's", '--prompt', 'A longer prompt'];
    const { code, stdout, stderr } = await run([...wasm, ...policy]);
    expect(code).toBe(1);
    expect(stdout).not.toContain("[0] It's");
    expect(stdout).toMatch(/^\[1\] A longer prompt\n/);
    const said = stderr.split('\n').filter((line) => line.includes('NaN'));
    expect(said).toHaveLength(1);
    const [what, command] = said[0]!.split('See where it is born: ') as [string, string];
    expect(what).toMatch(/row 0 stopped at step 0: 258 NaN among its 258 logits/);

    const nanscope = `'${process.execPath}' '${fileURLToPath(new URL('../../apps/cli/bin/nanscope.mjs', import.meta.url))}'`;
    const shown = command.replace('pnpm eval', `${nanscope} eval --reference=none --out='${at('run')}'`);
    const failure = await promisify(execFile)('sh', ['-c', shown]).catch((error) => error);
    expect(failure.stdout).toContain('fully masked row');
  });

  it('--out leaves a run folder and --reporter a report of all rows; without one for standard output the rows stand there', async () => {
    // The second row ends first.
    const policy = ['--policy', 'torch-2.4', '--prompt', 'A longer prompt', '--prompt', "It's"];
    const files = ['--out', at('g'), '--reporter', `junit=${at('g.xml')}`, '--reporter', 'html'];
    const { code, stdout } = await run([...wasm, ...policy, ...files]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\[0\] A longer prompt\n/);
    const result = JSON.parse(readFileSync(at('g/run.json'), 'utf8'));
    expect(result).toMatchObject({
      ...{ kind: 'generate', model: 'prose', prompts: 2, status: 'complete' },
      verdict: { code: 'rows-non-finite', exitCode: 1 },
      policy: { name: 'torch-2.4' },
    });
    expect(
      result.rows.map(({ row, ended, evaluate }: Record<string, unknown>) => [row, ended, !!evaluate]),
    ).toEqual([
      [0, 'length', false],
      [1, 'non-finite', true],
    ]);
    expect(readFileSync(at('g.xml'), 'utf8')).toMatch(/name="row 1 meets no NaN"><failure/);
    expect(readFileSync(at('g/report.html'), 'utf8')).toContain('A row met a NaN');
    const told = await run(['report', at('g')]);
    expect([told.code, told.stdout]).toEqual([0, expect.stringContaining('258 NaN among 258 logits')]);
    const story = await run(['explain', at('g')]);
    expect([story.code, story.stderr]).toEqual([0, '']);
    const [words, command] = story.stdout.split(/\n(?=printf )/);
    expect(words!.replace(/\s+/g, ' ')).toMatch(
      /For 1 of 2 prompts .* prompt 2, token 1: 258 of its 258 scores are NaN\..*"It's" gave no token at all\..*command below/,
    );
    expect(command).toMatch(/^printf [^\n]*pnpm eval [^\n]*\n$/);
    const compared = await run(['compare', at('g'), at('g')]);
    expect([compared.code, compared.stdout]).toEqual([2, '']);
    expect(compared.stderr).toMatch(/^nanscope: .*found a generation, .*\n$/);
    const again = await run([...wasm, '--greedy', '--prompt', 'Now', '--out', at('.')]);
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/--out .*: expected a new or empty folder/);
  });

  it.each([
    [['--json', '--reporter', 'markdown'], /one report on standard output, found json and markdown/],
    [['--greedy', '--top-k', '3'], /--top-k sets how to sample, and --greedy turns sampling off/],
    [['--top-p', '2'], /top-p: expected a number from 0 to 1, found 2/],
    [['--promt', 'x'], /Did you mean --prompt\?/],
  ])('refuses %j in one line, exit 2', async (flags, message) => {
    const { code, stdout, stderr } = await run([...wasm, ...flags]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
