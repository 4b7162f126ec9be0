/**
 * No command writes into a folder that is not its own: each way to name a folder against folders of others, whose bytes
 * have to be the same afterwards. The command line runs in this process, since it ends before a lane would start.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../../apps/cli/src/commands/index.ts';
import { run } from '../../apps/cli/src/run.ts';
import { bytesOf, workspace } from './cli.ts';

const { at, text } = workspace();

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a model': { 'config.json': '{"model_type":"gpt2","n_embd":8}', 'model.safetensors': 'x', README: 'mine' },
  'a home': { '.bashrc': 'alias ll="ls -l"', 'Documents/thesis.tex': 'x', 'config.json': '{"editor":"vi"}' },
  'a checkout': { '.git/HEAD': 'ref: refs/heads/main', 'package.json': '{}', 'src/a.ts': 'x' },
  'a run of another kind': { 'run.json': '{"schemaVersion":1,"kind":"claims"}', 'config.json': '{}' },
  'garbage in run.json': { 'run.json': '\0garbage', '.nanscope': '', 'config.json': '{}', 'cells.jsonl': '' },
  'one lane': { 'run.json': '{"schemaVersion":1,"kind":"train-lane"}', '.nanscope': '' },
  'a checkpoint of no run': { 'trainer.json': '{}', 'config.json': '{}', 'model.safetensors': 'x' },
};

for (const [name, content] of Object.entries(files)) {
  for (const [file, bytes] of Object.entries(content)) {
    mkdirSync(dirname(join(at(name), file)), { recursive: true });
    writeFileSync(join(at(name), file), bytes);
  }
}
writeFileSync(at('a file'), 'mine');
symlinkSync(at('a model'), at('a link to a model'));
symlinkSync(at('gone'), at('a link to nowhere'));
mkdirSync(at('a run with a lane elsewhere'));
writeFileSync(at('a run with a lane elsewhere/run.json'), '{"schemaVersion":1,"kind":"train"}');
writeFileSync(at('a run with a lane elsewhere/config.json'), '{"model":"tiny"}');
symlinkSync(at('a home'), at('a run with a lane elsewhere/target'));
mkdirSync(at('a folder nobody may write'));
writeFileSync(at('a folder nobody may write/notes.txt'), 'mine');

const hostile = [
  ...Object.keys(files),
  'a file',
  'a link to a model',
  'a link to nowhere',
  'a run with a lane elsewhere',
  'a folder nobody may write',
];

const few = ['--device', 'wasm', '--steps', '1'];
const uses: Readonly<Record<string, (place: string) => string[]>> = {
  'eval --out': (place) => ['eval', '--data', text, '--device', 'wasm', '--out', place],
  'eval --resume': (place) => ['eval', '--resume', place],
  'train --out': (place) => ['train', ...few, '--out', place],
  'train --resume': (place) => ['train', ...few, '--resume', place],
  'train --resume --out': (place) => ['train', ...few, '--resume', place, '--out', at('new')],
  'train --save': (place) => ['train', ...few, '--save', place],
  'matrix --out': (place) => ['matrix', '--device', 'wasm', '--out', place],
  'matrix --resume': (place) => ['matrix', '--device', 'wasm', '--out', place, '--resume'],
};

describe.each(Object.entries(uses))('%s', (_use, args) => {
  it.each(hostile)('%s is refused in one line, and stays as it is', async (name) => {
    const before = bytesOf(at('.'));
    const outcome = await run(args(at(name)), commands).then(
      (code) => new Error(`left ${code}`),
      (error: unknown) => error,
    );
    if (!(outcome instanceof UserError)) throw outcome;
    expect(outcome.exitCode).toBe(2);
    expect(outcome.message).toMatch(/expected .*found /);
    expect(outcome.message).not.toMatch(/\n|undefined|\[object/);
    expect(bytesOf(at('.'))).toBe(before);
  });
});
