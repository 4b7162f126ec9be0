import { describe, expect, it } from 'vitest';
import { commandLineOf, readAddress, valuesOf, writeAddress } from './address.ts';
import { type CommandName, commandNames, commands } from './commands.ts';

describe('the address', () => {
  it.each([
    ['eval', { policy: 'torch-mps-2.8', device: 'gpu' }],
    ['matrix', { fill: 'additive-inf,finfo-min', layers: '1' }],
    ['conform', { filter: 'a b&c=d' }],
  ] as const)('of %s holds what was given, and gives it back', (command, given) => {
    expect(readAddress(writeAddress(command, given))).toEqual({ command, given, ignored: [] });
  });

  it('an unknown command is the evaluation, an unknown parameter is left out, and both are said', () => {
    expect(readAddress('?command=matrx&utm_source=x&padding-side=right')).toEqual({
      command: 'eval',
      given: { 'padding-side': 'right' },
      ignored: [
        'This page has no command "matrx"; this is Evaluate. Did you mean matrix?',
        'Ignored in the address: utm_source.',
      ],
    });
    expect(readAddress('?utm_source=x').given).toBeUndefined();
    expect(readAddress('?command=matrix').ignored).toEqual([]);
  });

  it('is read by the parser of the command line', () => {
    expect(valuesOf('eval', { 'batch-size': '4', 'ignore-first-token': 'true' })).toMatchObject({
      'batch-size': 4,
      'ignore-first-token': true,
      policy: 'safe',
    });
    expect(() => valuesOf('eval', { policy: 'torch-mps-28' })).toThrow(/Did you mean torch-mps-2\.8\?/);
    expect(() => valuesOf('eval', { out: 'runs' })).toThrow('Unknown flag --out');
  });

  it('what a view sets by itself can be run', () => {
    for (const name of commandNames) {
      const { given } = commands[name as CommandName];
      expect(Object.keys(valuesOf(name, given)).length).toBeGreaterThanOrEqual(Object.keys(given).length);
    }
  });
});

describe('the equal command', () => {
  it.each([
    [{ policy: 'safe' }, 'nanscope eval --policy safe'],
    [{ fill: '-1e9' }, 'nanscope eval --fill=-1e9'],
    [{ 'ignore-first-token': 'true' }, 'nanscope eval --ignore-first-token'],
    [{ data: "my text's.txt" }, `nanscope eval --data 'my text'\\''s.txt'`],
  ])('%j is %s', (given, command) => {
    expect(commandLineOf('eval', given)).toBe(command);
  });
});
