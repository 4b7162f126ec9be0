/** `nanscope matrix` and `nanscope claims` as processes: what they print, what they keep, how they go on, what they refuse. */
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimsSchema, type MatrixRecord, matrixSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { fixture, run, start, until, workspace } from './cli.ts';

const { at } = workspace();
const killing = fixture('fixtures/killing-backend.ts');

/** 32 cells. */
const small =
  '--attn sdpa --fill additive-inf,finfo-min --compose and --keys 0 --layers 1 --cause padding'.split(' ');

async function matrix(...args: string[]) {
  const ended = await run(['matrix', '--json', ...args]);
  const result = ended.stdout === '' ? undefined : matrixSchema.parse(JSON.parse(ended.stdout));
  return { ...ended, result: result as MatrixRecord };
}

const linesOf = (folder: string) => readFileSync(join(folder, 'cells.jsonl'), 'utf8').trim().split('\n');
const idsOf = (folder: string) => linesOf(folder).map((line) => (JSON.parse(line) as { id: string }).id);

describe('matrix', () => {
  it('derives the minimal sufficient sets and says which conditions are necessary', async () => {
    const folder = at('small');
    const { code, result, stderr } = await matrix(...small, '--out', folder);
    expect(stderr).toContain('32/32 cells');
    expect(result).toMatchObject({ status: 'complete', cells: 32, asPredicted: 32, surprises: [] });
    const nan = result.answers.find(({ question }) => question === 'nan-loss')!;
    expect(nan.minimalSets?.map(({ conditions, cells }) => ({ conditions, cells }))).toEqual([
      {
        conditions: {
          fill: ['additive-inf'],
          'row-guard': ['none'],
          'padding-side': ['left'],
          labels: ['clm'],
        },
        cells: 2,
      },
    ]);
    const verdicts = nan.necessity.map(({ verdict }) => verdict);
    expect(verdicts).toEqual([
      'not necessary',
      'undecided',
      'necessary',
      'not necessary',
      'necessary',
      'undecided',
      'necessary',
      'necessary',
    ]);
    expect(code).toBe(0);
    expect(new Set(idsOf(folder)).size).toBe(32);
    expect(matrixSchema.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')))).toEqual(result);
  });

  it('goes on where it was interrupted, in the middle of a line too, and runs nothing twice', async () => {
    const folder = at('resumed');
    await matrix(...small, '--out', folder, '--filter', 'mode=inference;labels=clm');
    const path = join(folder, 'cells.jsonl');
    const before = readFileSync(path, 'utf8').trimEnd().split('\n');
    truncateSync(path, Buffer.byteLength(readFileSync(path, 'utf8')) - 40);
    const { code, result } = await matrix(...small, '--out', folder, '--resume');
    expect(code).toBe(0);
    expect(result.cells).toBe(32);
    expect(linesOf(folder)).toHaveLength(32);
    expect(linesOf(folder).slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it('interrupted before its first cell can be resumed, killed outright is not mixed into a new run', async () => {
    const folder = at('killed');
    const { child, ended } = start(['matrix', '--out', folder]);
    await until(() => existsSync(folder), 'the folder');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const resumed = start(['matrix', '--out', folder, '--resume']);
    await until(
      () =>
        existsSync(join(folder, 'cells.jsonl')) && readFileSync(join(folder, 'cells.jsonl'), 'utf8') !== '',
      'cells',
    );
    resumed.child.kill('SIGKILL');
    await resumed.ended;
    // Nothing but cells.jsonl and config.json is left of it: it may never have written its result.
    rmSync(join(folder, 'run.json'), { force: true });
    const { result, stderr } = await matrix(
      ...small,
      '--filter',
      'mode=inference;labels=clm',
      '--out',
      folder,
    );
    expect(stderr).toContain(`moved the earlier run in ${folder} to ${folder}.1`);
    expect(linesOf(folder)).toHaveLength(result.cells);
    expect(linesOf(`${folder}.1`).length).toBeGreaterThan(0);
  });

  it('SIGINT while devices are looked for: exit 130, nothing written', async () => {
    const folder = at('early');
    // A backend of somebody else is looked at in a process, which takes long enough to be interrupted.
    const slow = ['--backend', fixture('fixtures/hanging-backend.ts'), '--device', 'hanging'];
    const { child, ended } = start(['matrix', ...slow, '--out', folder]);
    let seen = '';
    child.stderr!.on('data', (said: string) => {
      seen += said;
    });
    await until(() => seen.includes('looking for'), 'the probing to begin');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(existsSync(folder)).toBe(false);
  });

  it('a device that crashes costs its own cells only: exit 1, the other is whole', async () => {
    const crashing = ['--backend', fixture('fixtures/crashing-backend.ts'), '--device', 'mirror,wasm'];
    const { code, result } = await matrix(
      ...crashing,
      '--attn',
      'eager',
      ...small.slice(2),
      '--out',
      at('crash'),
    );
    expect(code).toBe(1);
    expect(result.status).toBe('incomplete');
    expect(result.devices).toMatchObject([
      { name: 'mirror', status: 'crashed' },
      { name: 'wasm', status: 'complete', observed: 32 },
    ]);
    expect(result.devices[0]!.failure).toContain('SIGKILL');
    expect(result.answers.every(({ minimalSets }) => minimalSets === undefined)).toBe(true);
  });

  it('is divided by shards that together are the whole', async () => {
    const ids = await Promise.all(
      ['1/2', '2/2'].map(async (shard) => {
        const folder = at(`shard-${shard[0]}`);
        const { result } = await matrix(...small, '--shard', shard, '--out', folder);
        expect(result.shard).toBe(shard);
        expect(result.answers[0]).not.toHaveProperty('minimalSets');
        return idsOf(folder);
      }),
    );
    expect(ids.flat().sort()).toEqual(idsOf(at('small')).sort());
  });

  it('of shards is merged into the table of the whole; a part that is missing or of another table is reported', async () => {
    const shards = ['shard-1', 'shard-2'].map(at);
    const whole = await run(['merge', ...shards, '--json', '--out', at('merged')]);
    expect(whole.code).toBe(0);
    const { folder, command, devices, ...merged } = matrixSchema.parse(JSON.parse(whole.stdout));
    const alone = matrixSchema.parse(JSON.parse(readFileSync(at('small/run.json'), 'utf8')));
    expect(merged).toEqual({ ...alone, folder: undefined, command: undefined, devices: undefined });
    expect(devices).toMatchObject([{ name: 'wasm', asked: 32, observed: 32, status: 'complete' }]);
    const half = await run(['merge', shards[0]!, '--json', '--out', at('half')]);
    expect(half.code).toBe(1);
    expect(JSON.parse(half.stdout)).toMatchObject({
      status: 'incomplete',
      missing: { shards: ['2/2 of wasm'], cells: 32 - idsOf(shards[0]!).length },
    });
    const other = await run(['merge', shards[0]!, at('nowhere'), '--out', at('other')]);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/^nanscope: .*nowhere.run.json: expected the run.json of a run folder/);
    expect(existsSync(at('other'))).toBe(false);
  });

  it('is divided by what each cell took before, which parts of another division do not fit', async () => {
    const timed = await Promise.all(
      ['1/2', '2/2'].map((shard) =>
        matrix(...small, '--timings', at('small'), '--shard', shard, '--out', at(`timed-${shard[0]}`)),
      ),
    );
    const [fingerprint] = timed.map(({ result }) => result.timings);
    expect(timed.map(({ result }) => result.timings)).toEqual([fingerprint, fingerprint]);
    const folders = ['timed-1', 'timed-2'].map(at);
    expect(folders.flatMap(idsOf).sort()).toEqual(idsOf(at('small')).sort());
    const mixed = await run(['merge', at('timed-1'), at('shard-2'), '--out', at('mixed')]);
    expect(mixed).toMatchObject({ code: 2, stdout: '' });
    expect(mixed.stderr).toContain(`with timings ${fingerprint}, found one of 2 with timings none`);
    expect(existsSync(at('mixed'))).toBe(false);
  });

  it('does not merge a cell that shows two things, or a table of other factors', async () => {
    const changed = at('changed');
    cpSync(at('shard-1'), changed, { recursive: true });
    const path = join(changed, 'cells.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"loss":"finite"', '"loss":"NaN"'));
    const two = await run(['merge', at('shard-1'), changed, '--out', at('two')]);
    expect(two.code).toBe(2);
    expect(two.stderr).toMatch(
      /expected the cell device=wasm;.* to show what it shows in .*shard-1, found loss: NaN/,
    );
    await matrix(...small, '--labels', 'clm', '--mode', 'inference', '--out', at('fewer'));
    const factors = await run(['merge', at('shard-1'), at('fewer'), '--out', at('two')]);
    expect(factors.code).toBe(2);
    expect(factors.stderr).toMatch(/expected the factors of .*, found mode inference instead of/);
    expect(existsSync(at('two'))).toBe(false);
  });

  it('a kernel that is not as predicted: exit 1, and each cell with the command that runs it alone', async () => {
    const args = ['--device', 'killing', '--backend', killing, '--attn', 'eager', ...small.slice(2)];
    const { code, result } = await matrix(...args, '--mode', 'inference', '--out', at('killing'));
    expect(code).toBe(1);
    expect(result.surprises).toHaveLength(2);
    const { id, differences, command } = result.surprises[0]!;
    expect(differences).toContain('loss: finite, predicted NaN');
    const alone = await matrix('--backend', killing, '--filter', id, '--out', at('alone'));
    expect(alone.result).toMatchObject({ cells: 1, surprises: [{ id, differences, command }] });
    const said = await run(['matrix', '--backend', killing, '--filter', id, '--out', at('said')]);
    expect(said.code).toBe(1);
    expect(said.stdout).toContain('Not as predicted');
    expect(said.stdout.replace(/\s+/g, '')).toContain(command.replace(/\s+/g, ''));
  });

  it('ends at a failure when it is to, keeps what was run, and runs again what failed', async () => {
    const args = ['--device', 'killing', '--backend', killing, '--attn', 'eager', ...small.slice(2)];
    const ended = await matrix(...args, '--mode', 'inference', '--bail', '--out', at('bailed'));
    expect(ended.code).toBe(1);
    const { cells, bailed, surprises } = ended.result;
    expect(bailed).toEqual({ failures: 1, notRun: 16 - cells });
    expect(surprises).toHaveLength(1);
    expect(linesOf(at('bailed'))).toHaveLength(cells);
    const again = await matrix(...args, '--last-failed', at('killing'), '--out', at('again'));
    expect(again.result).toMatchObject({ cells: 2, lastFailed: true, status: 'complete' });
    expect(idsOf(at('again')).sort()).toEqual(again.result.surprises.map(({ id }) => id).sort());
    const none = await run(['matrix', ...small, '--last-failed', at('small'), '--out', at('none')]);
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toBe(
      'nanscope: --last-failed: expected cells that failed in that run, found none.\n',
    );
  });

  it('reads its factors from a file', async () => {
    const file = at('matrix.yaml');
    writeFileSync(file, 'keys: [1, 2]\nlayers: 1\nattn: [eager]\nfill: finfo-min\ncause: padding\n');
    const { result } = await matrix('--config', file, '--mode', 'inference', '--out', at('file'));
    expect(result.factors).toMatchObject({ keys: ['1', '2'], attn: ['eager'], fill: ['finfo-min'] });
  });

  it.each([
    [['--keys', '3'], /^nanscope: --keys: expected one of 0, 1, 2, found "3"\.\n$/],
    [['--fill', 'select-inf,select-inf'], /^nanscope: --fill: expected some of .*, each once/],
    [['--device', 'wasm,wasm'], /^nanscope: --device: expected device names, each once/],
    [['--device', 'wasm,vulcan'], /^nanscope: .*vulcan/],
    [['--shard', '3/2'], /^nanscope: --shard: expected I\/N/],
    [['--timings', 'runs/x'], /^nanscope: --timings runs\/x: expected --shard I\/N beside it/],
    [['--bail', '0'], /^nanscope: --bail: expected a whole number of at least 1, found "0"/],
    [['--filter', 'kees=0'], /^nanscope: Unknown factor "kees", did you mean keys\?/],
    [['--resume'], /^nanscope: --resume: expected --out/],
  ])('refuses %j in one line, exit 2', async (args, line) => {
    const ended = await run(['matrix', ...args]);
    expect(ended.stdout).toBe('');
    expect(ended.stderr.split('\n').filter((text) => text.startsWith('nanscope:'))).toHaveLength(1);
    expect(ended.stderr.split('\n').at(-2)).toMatch(
      line.source.endsWith('\\n$') ? new RegExp(line.source.replace('\\n$', '$')) : line,
    );
    expect(ended.code).toBe(2);
  });
});

describe('claims', () => {
  it('are decided on the devices that are asked for, as a report, as JSON and as a page', async () => {
    const page = at('findings.md');
    const report = await run(['claims', '--device', 'wasm', '--markdown', page]);
    expect(report.code).toBe(0);
    expect(report.stdout.match(/^Claim \d+ /gm)).toHaveLength(14);
    expect(readFileSync(page, 'utf8').match(/^## Claim /gm)).toHaveLength(14);
    const json = await run(['claims', '--device', 'wasm', '--json']);
    const { findings, devices } = claimsSchema.parse(JSON.parse(json.stdout));
    expect(findings.map(({ number }) => number)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    expect(devices.map(({ name }) => name)).toEqual(['wasm']);
  });

  it('a page that cannot be written is one line, exit 2', async () => {
    const ended = await run(['claims', '--device', 'wasm', '--markdown', at('nowhere/findings.md')]);
    expect(ended.code).toBe(2);
    // Before a device is looked for.
    expect(ended.stderr).toMatch(/^nanscope: --markdown .*: expected a file that can be written.*\n$/);
    expect(existsSync(at('nowhere'))).toBe(false);
  });
});
