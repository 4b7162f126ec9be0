import type { Flag } from '@nanscope/settings';
import { describe, expect, it, vi } from 'vitest';
import type { Command, Invocation } from './command.ts';
import { run } from './run.ts';

const base = { group: 'g', describe: 'd', affects: 'numbers' } as const;
const flags: Flag[] = [
  { ...base, name: 'fill', kind: 'text' },
  { ...base, name: 'seed', kind: 'integer', min: 0, default: 0 },
  { ...base, name: 'json', kind: 'switch', default: false },
  { ...base, name: 'prompt', kind: 'texts' },
];

/** Runs a command that only remembers what it was given. */
const invoked = (...argv: string[]) => invokedWith(['A'], ...argv);

async function invokedWith(positionals: readonly string[], ...argv: string[]): Promise<Invocation> {
  let seen: Invocation | undefined;
  const command: Command = {
    name: 'try',
    describe: 'x',
    positionals,
    ...{ flags, examples: [], docs: '' },
    run: async (invocation) => {
      seen = invocation;
      return 7;
    },
  };
  expect(await run(argv, [command])).toBe(7);
  return seen!;
}

describe('run', () => {
  it('hands over raw values, positionals and the line as one would type it again', async () => {
    expect(await invoked('try', 'a b', '--seed', '3', '--json', '--config', 'c.yaml')).toEqual({
      flags: { seed: '3', json: true },
      config: 'c.yaml',
      positionals: ['a b'],
      command: "nanscope try 'a b' --seed 3 --json --config c.yaml",
    });
  });

  it.each([
    [['--fill', '-1e9'], '-1e9'],
    [['--fill=-1e9'], '-1e9'],
    [['--fill', '-inf'], '-inf'],
    [['--fill', '-.5'], '-.5'],
    [['--fill', 'select -inf'], 'select -inf'],
    [['--fill', '-'], '-'],
  ])('%j is a flag with its value', async (words, value) => {
    expect((await invoked('try', 'x', ...words)).flags).toEqual({ fill: value });
  });

  it('a flag that may be repeated keeps every value, in order', async () => {
    const words = ['--prompt', 'a', '--seed', '1', '--prompt=b c', '--prompt', '', '--seed', '2'];
    expect((await invoked('try', 'x', ...words)).flags).toEqual({ prompt: ['a', 'b c', ''], seed: '2' });
    expect((await invoked('try', 'x', '--prompt', 'a', '--json', '--json')).flags).toEqual({
      prompt: 'a',
      json: true,
    });
  });

  it('of a flag that is given twice the last value counts, and the other is named', async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    expect((await invoked('try', 'x', '--fill', '1', '--fill', '2')).flags).toEqual({ fill: '2' });
    expect(written).toEqual(['nanscope: --fill is given 2 times: 2 counts, 1 is ignored.\n']);
    expect((await invoked('try', 'x', '--fill', '2', '--fill', '2')).flags).toEqual({ fill: '2' });
    expect(written).toHaveLength(1);
    write.mockRestore();
  });

  it('arguments in brackets may be left out, or be many', async () => {
    const places = async (...words: string[]) =>
      (await invokedWith(['[WORD..]'], 'try', ...words)).positionals;
    expect(await places()).toEqual([]);
    expect(await places('a', 'b c')).toEqual(['a', 'b c']);
  });

  it('a flag that was not given is absent, so that a config file can speak', async () => {
    expect((await invoked('try', 'x')).flags).toEqual({});
  });

  it.each([
    [['tri'], /Unknown command "tri". Did you mean try\?/],
    [['try', 'x', '--sed', '1'], /Unknown flag --sed of try. Did you mean --seed\?/],
    [['try', 'x', '--seed'], /--seed: expected a value, found none/],
    [['try'], /expected 1 argument, A; found 0/],
    [['try', 'x', 'y'], /unexpected argument "y". Expected 1 argument, A/],
    [['try', 'x', '--no-jsom'], /Unknown flag --no-jsom of try. Did you mean --no-json\?/],
    [['try', 'x', '--no-selftest'], /Unknown flag --no-selftest of try/],
    [['help', 'tri'], /Unknown command "tri". Did you mean try\?/],
    [[], /Expected a command/],
  ])('refuses %j', async (argv, message) => {
    await expect(
      run(argv, [
        { name: 'try', describe: 'x', positionals: ['A'], flags, examples: [], docs: '', run: async () => 0 },
      ]),
    ).rejects.toThrow(message);
  });
});
