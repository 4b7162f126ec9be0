/** Reports through the command line: what goes where, what a run folder that is none says, and that links are replaced, not followed. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { stringifyExact } from '@nanscope/record';
import { describe, expect, it, vi } from 'vitest';
import { bothNaN, conformed, kernelBug } from '../../packages/report/src/fixtures.ts';
import { run, workspace } from './cli.ts';

const { at, text } = workspace();

function runFolder(name: string, record: object): string {
  mkdirSync(at(name));
  writeFileSync(join(at(name), 'run.json'), stringifyExact(record));
  return at(name);
}

describe('eval', () => {
  it('writes what is asked for into its folder and files, beside JSON on standard output', async () => {
    const args = [
      '--device',
      'wasm',
      '--reference',
      'none',
      '--attn',
      'sdpa',
      '--trace',
      'off',
      '--data',
      text,
    ];
    const asked = ['--json', '--reporter', 'html', '--reporter', `junit=${at('new/j.xml')}`];
    const { code, stdout, stderr } = await run(['eval', ...args, ...asked, '--out', at('run')]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(at('run/run.json'), 'utf8')));
    expect(readFileSync(at('run/report.html'), 'utf8')).toContain('<!doctype html>');
    expect(readFileSync(at('new/j.xml'), 'utf8')).toContain('<testsuite name="nanscope eval"');
    expect(stderr).toContain(`report    ${at('run/report.html')}\n`);
  });

  it('refuses a reporter that cannot be, before anything runs', async () => {
    const ended = await run(['eval', '--reporter', 'json', '--reporter', 'terminal', '--out', at('never')]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^nanscope: --reporter: expected one report on standard output.*\n$/);
    expect(existsSync(at('never'))).toBe(false);
  });
});

describe('report', () => {
  it('makes annotations beside the report, and a summary where GitHub wants one', async () => {
    const folder = runFolder('bug', kernelBug);
    vi.stubEnv('GITHUB_STEP_SUMMARY', at('summary.md'));
    const { code, stdout } = await run(['report', folder, '--reporter', 'terminal', '--reporter', 'github']);
    vi.unstubAllEnvs();
    expect(code).toBe(0);
    expect(stdout).toContain('A kernel bug is suspected');
    expect(stdout).toMatch(/^::error title=nanscope eval%3A A kernel bug is suspected::/m);
    expect(readFileSync(at('summary.md'), 'utf8')).toContain('## nanscope eval: A kernel bug is suspected');
  });

  it('reads what --json wrote', async () => {
    writeFileSync(at('conform.json'), stringifyExact(conformed));
    const named = await run(['report', at('conform.json'), '--reporter', `html=${at('c.html')}`]);
    expect(named.code).toBe(0);
    expect(readFileSync(at('c.html'), 'utf8')).toContain('metamorphic:causal-leak');
  });

  it.skipIf(process.platform === 'win32')(
    'writes nothing outside of the folder: a link there is replaced, a name in the record is a word (skipped on Windows)',
    async () => {
      const folder = runFolder('linked', { ...bothNaN, folder: `${at('elsewhere')}/../../etc` });
      writeFileSync(at('victim'), 'untouched');
      symlinkSync(at('victim'), join(folder, 'report.html'));
      const before = readdirSync(at(''));
      expect((await run(['report', folder, '--reporter', 'html'])).code).toBe(0);
      expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
      expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<!doctype html>');
      expect(readdirSync(at(''))).toEqual(before);
      expect(readdirSync(folder).sort()).toEqual(['report.html', 'run.json']);
    },
  );

  it('a folder that is no run is one line, exit 2', async () => {
    const folder = runFolder('torn', kernelBug);
    truncateSync(join(folder, 'run.json'), 1000);
    const ended = await run(['report', folder]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^nanscope: .*run\.json: expected JSON, found [^\n]*\n$/);
  });
});
