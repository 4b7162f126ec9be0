import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { reporterNames } from '@nanscope/report';
import { evalFlags } from '@nanscope/settings';
import { describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { complete } from './complete.ts';
import { answered } from './screen.ts';

const screen = (line: string, width = 100) => answered(line.split(' '), commands, '1.2.3', width);

describe('help', () => {
  it.each(['--help', 'eval --help', 'train --help', 'generate --help', 'merge --help'])(
    'the screen of %s is frozen (vitest -u writes it anew)',
    async (line) => {
      const name = line.replace(' --help', '').replace('--help', 'overview');
      await expect(screen(line)).toMatchFileSnapshot(`__snapshots__/${name}.txt`);
    },
  );

  it.each([
    ['-h', '--help'],
    ['help', '--help'],
    ['help eval', 'eval --help'],
    ['eval -h', 'eval --help'],
    ['eval --model x -h', 'eval --help'],
    ['help --help', '--help'],
    ['-v', '--version'],
    ['version', '--version'],
    ['eval --version', '--version'],
  ])('%s is %s', (one, other) => {
    expect(screen(one)).toBeDefined();
    expect(screen(one)).toBe(screen(other));
  });

  it.each(['eval', 'eval --limit 3', 'generate --prompt -- --help', 'nosuch --help', 'help nosuch'])(
    '%s is no question for help',
    (line) => {
      expect(screen(line)).toBeUndefined();
    },
  );

  it.each(commands.map(({ name }) => name))(
    '%s: every flag, and no line longer than the terminal',
    (name) => {
      const { flags, examples } = commands.find((command) => command.name === name)!;
      const all = screen(`${name} --help-all`, 80)!;
      const listed = [...all.matchAll(/^ {2}--(?:\[no-\])?([a-z0-9-]+)/gm)].map(([, flag]) => flag!);
      const expected = flags.length === 0 ? [] : [...flags.map((flag) => flag.name), 'config'];
      expect(listed.sort()).toEqual(expected.sort());
      const pasted = examples.map(([command]) => `  ${command}`);
      for (const line of all.split('\n'))
        if (!pasted.includes(line)) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );

  it.each(['eval', 'train', 'generate'])(
    'the short help of %s shows a handful of flags, and counts the rest',
    (name) => {
      const short = screen(`${name} --help`)!;
      const listed = short.match(/^ {2}--/gm)!.length;
      expect(listed).toBeGreaterThan(4);
      expect(listed).toBeLessThan(12);
      const { flags } = commands.find((command) => command.name === name)!;
      expect(short).toContain(`${flags.length + 1 - listed} more flags: nanscope ${name} --help-all`);
    },
  );
});

describe('completion', () => {
  it.each<[string[], string[]]>([
    [['ev'], ['eval']],
    [['co'], ['compare', 'conform', 'completion']],
    [['help', 'mer'], ['merge']],
    [['eval', '--pol'], ['--policy']],
    [['eval', '--no-'], ['--no-shadow']],
    [['eval', '--policy', 'torch-m'], ['torch-mps-2.8']],
    [['eval', '--policy=torch-m'], ['--policy=torch-mps-2.8']],
    [['eval', '--device', 'vul'], ['vulkan']],
    [
      ['matrix', '--fill', 'select-inf,add'],
      ['select-inf,additive-inf', 'select-inf,additive-finfo-min'],
    ],
    [['eval', '--data', ''], []],
    [['eval', ''], []],
    [['completion', 'z'], ['zsh']],
    [['nosuch', '--'], []],
  ])('%j', (words, expected) => {
    expect(complete(words, commands)).toEqual(expected);
  });

  it('offers every reporter', () => {
    expect(evalFlags.find(({ name }) => name === 'reporter')).toMatchObject({ suggest: reporterNames });
  });

  it.skipIf(spawnSync('bash', ['--version']).status !== 0)(
    'bash completes by the script (skipped where there is no bash)',
    async () => {
      const launcher = fileURLToPath(new URL('../../bin/nanscope.mjs', import.meta.url));
      const completed = (line: string) =>
        spawnSync(
          'bash',
          [
            '-c',
            `nanscope() { "${process.execPath}" "${launcher}" "$@"; }
             source <(nanscope completion bash)
             COMP_LINE="$1" COMP_POINT=\${#1}; _nanscope; printf '%s\\n' "\${COMPREPLY[@]}"`,
            'bash',
            line,
          ],
          { encoding: 'utf8' },
        ).stdout.split('\n');
      expect(completed('nanscope eval --policy=transformers-5-')).toEqual([
        'transformers-5-eager',
        'transformers-5-sdpa',
        '',
      ]);
    },
  );
});
