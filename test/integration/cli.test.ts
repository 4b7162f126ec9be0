/** The command line as a process: what goes to which stream, exit codes, pipes, standard input, config files. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseResult } from '@nanscope/record';
import { type Flag, readConfigFile, resolveFlags } from '@nanscope/settings';
import { describe, expect, it } from 'vitest';
import manifest from '../../apps/cli/package.json' with { type: 'json' };
import { configSchemas, recipeFlags } from '../../apps/cli/scripts/config-schemas.ts';
import { flagsPage } from '../../apps/cli/scripts/flags-page.ts';
import { readmePage } from '../../apps/cli/scripts/readme-page.ts';
import { evaluate, fixture, nodeArguments, rows, run, start, workspace } from './cli.ts';

const { at, text } = workspace();
const alone = ['--device', 'wasm', '--reference', 'none', '--attn', 'sdpa', '--trace', 'off'];

/** Flags are promises to scripts: taking one away or renaming it has to be meant. */
const frozen = {
  eval: `model dtype tokenizer data text-field limit seed load-inputs device reference backend python reference-python trust-remote-code mps-rule
    lane-timeout attn sdpa-kernel policy like fill compose row-guard compute-dtype batch-size max-length padding-side position-ids mask-form ignore-first-token trace
    trace-filter trace-keep replays shadow rtol atol out resume json reporter fail-on save-outputs grads config`,
  matrix: `device attn fill compose row-guard compute-dtype padding-side keys mode layers cause labels row filter shard
    timings last-failed bail out resume backend lane-timeout json reporter config`,
  merge: 'out json reporter config',
  claims: 'device backend lane-timeout markdown json reporter config',
  compare: 'rtol atol json reporter fail-on config',
  conform:
    'device python backend mps-rule lane-timeout attn vectors filter shard last-failed bail json reporter config',
  selftest: 'detector share device backend lane-timeout json reporter config',
  reduce: 'budget out json reporter config',
  policies: 'like json config',
  runs: 'dir limit json config',
  init: 'for out config',
  report: 'json reporter config',
  doctor: 'device python conform backend json reporter config',
};

describe('help', () => {
  it.each(Object.entries(frozen))('%s lists exactly its flags', async (command, names) => {
    const { code, stdout, stderr } = await run([command, '--help-all']);
    const listed = [...stdout.matchAll(/^ {2}--(?:\[no-\])?([a-z-]+)/gm)].map(([, name]) => name!);
    expect(listed.sort()).toEqual(names.split(/\s+/).sort());
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('--version is the version of the package', async () => {
    expect(await start(['--version']).ended).toMatchObject({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it('no command: one line, exit 2', async () => {
    const ended = await start([]).ended;
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^nanscope: Expected a command.*\n$/);
  });

  it('docs/flags.md is what the flag tables say (pnpm --filter @nanscope/cli generate)', () => {
    expect(readFileSync(fixture('../../docs/flags.md'), 'utf8')).toBe(flagsPage());
  });

  it('the README of the command line has every command (pnpm --filter @nanscope/cli generate)', () => {
    expect(readFileSync(fixture('../../apps/cli/README.md'), 'utf8')).toBe(readmePage());
  });
});

describe('mistakes', () => {
  it('are one line on standard error, without a stack', async () => {
    const ended = await start(['eval', '--polcy', 'safe']).ended;
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'nanscope: Unknown flag --polcy of eval. Did you mean --policy?\n',
    });
  });

  it('a device nobody knows: exit 2, with those that are', async () => {
    const ended = await run(['eval', '--device', 'vulcan', '--out', at('vulcan')]);
    expect(ended.code).toBe(2);
    expect(ended.stderr.split('\n').filter((line) => line.startsWith('nanscope: '))).toEqual([
      expect.stringMatching(/vulcan.*vulkan/),
    ]);
    expect(existsSync(at('vulcan'))).toBe(false);
  });

  it('a mistake in a later batch is found before a lane starts, and is one line too', async () => {
    const data = at('later.jsonl');
    const lines = rows.map((row) => JSON.stringify({ text: row }));
    writeFileSync(data, lines.join('\n'));
    // A tokenizer with one letter outside the model, which the first rows do not have.
    const letters = [...new Set(rows.join(''))].filter((letter) => letter !== ' ');
    const vocabulary = Object.fromEntries(letters.map((letter, i) => [letter, letter === 'I' ? 300 : i]));
    const folder = at('tokenizer');
    spawnSync('mkdir', ['-p', folder]);
    writeFileSync(
      join(folder, 'vocab.json'),
      JSON.stringify({ ...vocabulary, Ġ: 200, '<|endoftext|>': 201 }),
    );
    writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\n');
    const ended = await run([
      'eval',
      ...alone,
      '--data',
      data,
      '--tokenizer',
      folder,
      '--batch-size',
      '1',
      '--out',
      at('later'),
    ]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^nanscope: Row 0 \(.*later\.jsonl:2\).* 300 /m);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('standard input', () => {
  it('is evaluated like a file, and kept with the run', async () => {
    const input = `${rows.slice(0, 2).join('\n')}\n`;
    const ended = await run(['eval', '--json', ...alone, '--data', '-', '--out', at('stdin')], { input });
    const { target } = parseResult(ended.stdout, 'stdout');
    expect(target?.data.rows).toBe(2);
    expect(
      readFileSync(at('stdin/input.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).text),
    ).toEqual(rows.slice(0, 2));
    expect(ended.code).toBe(0);
  });

  it.each([
    ['empty', '', /Standard input holds no text/],
    ['binary', 'a\0b\n', /<stdin>.*binary|<stdin>.*NUL|<stdin>.*not UTF-8/],
  ])('%s: one line, exit 2, nothing left behind', async (_, input, message) => {
    const ended = await run(['eval', ...alone, '--data', '-', '--out', at('none')], { input });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('configuration', () => {
  it('flags beat the file; the resolved configuration is stored, and printed where it is not the default; odd fills are accepted', async () => {
    const config = at('c.yaml');
    writeFileSync(config, 'batch-size: 2\nlimit: 5\nfill: -1e9\npolicy: tfjs\n');
    const { result, stderr, code } = await evaluate(
      ...alone,
      ...['--data', text, '--config', config, '--limit', '1', '--out', at('config')],
    );
    expect(code).toBe(0);
    const stored = JSON.parse(readFileSync(at('config/config.json'), 'utf8'));
    expect(stored).toMatchObject({ 'batch-size': 2, limit: 1, fill: '-1000000000', policy: 'tfjs', seed: 0 });
    expect(result.target?.config).toEqual(stored);
    expect(result.target?.policy.fill).toContain('-1000000000');
    for (const part of ['batch-size: 2', 'limit: 1', 'policy: tfjs']) expect(stderr).toContain(part);
    expect(stderr).not.toContain('padding-side');
  });

  it.each(Object.entries(configSchemas))('%s is made from the flags', (path, schema) => {
    expect(readFileSync(fixture(`../../${path}`), 'utf8')).toBe(schema);
  });

  const folder = fixture('../../configs');
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))(
    'configs/%s is valid, and names the schema by which an editor checks it',
    async (name) => {
      const path = join(folder, name);
      const command = /^[a-z]+/.exec(name)![0] as keyof typeof recipeFlags;
      const flags: readonly Flag[] = recipeFlags[command];
      const [first] = readFileSync(path, 'utf8').split('\n');
      expect(first).toBe(`# yaml-language-server: $schema=./schemas/${command}.schema.json`);
      const values = await readConfigFile(path, flags);
      expect(Object.keys(values).length).toBeGreaterThan(0);
      resolveFlags(flags, {}, { path, values });
    },
  );
});

describe.skipIf(process.platform === 'win32')('pipes (skipped on Windows)', () => {
  const shell = (line: string) =>
    spawnSync('sh', ['-c', line], {
      encoding: 'utf8',
      env: {
        ...process.env,
        NANSCOPE: [process.execPath, ...nodeArguments([])].join(' '),
      },
    });

  it('a reader that leaves early is no crash', () => {
    const { stderr, stdout, status } = shell('$NANSCOPE eval --help | head -n 1');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe('nanscope eval [flags]\n');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'a result that cannot be written is a failure (skipped where there is no /dev/full)',
    () => {
      const { stderr, status } = shell('$NANSCOPE --version >/dev/full');
      expect(stderr).toMatch(/nanscope: the result cannot be written to standard output: ENOSPC/);
      expect(status).toBe(1);
    },
  );
});
