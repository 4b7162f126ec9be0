/**
 * Lanes that end badly: killed, hung, interrupted, refused by their device. Each costs itself only; what was measured
 * stays readable, and the verdict says in one sentence what happened.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseLane, parseResult } from '@nanscope/record';
import { beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, type Ended, evaluate, fixture, rows, run, start, until, workspace } from './cli.ts';

const { at, text } = workspace();
const windows = process.platform === 'win32';
const oneLine = (stderr: string) => stderr.trim().split('\n').at(-1);

/** Enough text for a lane to be caught in the middle of it. */
const long = at('long.txt');
writeFileSync(long, Array.from({ length: 100 }, () => rows.join(' ')).join('\n'));
const small = ['--batch-size', '1', '--max-length', '32', '--trace', 'off'];
const endless = [
  'eval',
  '--data',
  long,
  ...small,
  '--device',
  'wasm',
  '--reference',
  'javascript',
  '--attn',
  'sdpa',
];

const lines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

/** Starts a long evaluation and waits until its first lane has written a few batches. */
async function caughtInTheMiddle(folder: string) {
  const running = start([...endless, '--out', folder]);
  await until(() => lines(`${folder}/target/metrics.jsonl`) > 1, 'the first batches of the target lane');
  return running;
}

const third = (name: string, id: string) => [
  '--data',
  text,
  '--batch-size',
  '3',
  '--backend',
  fixture(name),
  '--device',
  id,
];

/** Takes its twenty seconds beside the other tests. */
let hanging: Promise<Ended> | undefined;
beforeAll(() => {
  // Long enough for the other lane to start on a busy machine.
  hanging = start([
    ...['eval', '--json', ...third('fixtures/hanging-backend.ts', 'hanging')],
    ...['--attn', 'sdpa', '--reference', 'wasm', '--lane-timeout', '20', '--out', at('hanging')],
  ]).ended;
});

describe.skipIf(windows)(`signals${windows ? ' (skipped: Windows has none)' : ''}`, () => {
  it('SIGKILL of the target lane: the reference is finished, the partial folder can be compared', async () => {
    const folder = at('killed');
    const { child, ended } = await caughtInTheMiddle(folder);
    for (const lane of childrenOf(child.pid!)) process.kill(lane, 'SIGKILL');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('SIGKILL');
    const result = parseResult(readFileSync(`${folder}/run.json`, 'utf8'), 'run.json');
    expect(result.verdict).toMatchObject({ code: 'lane-failed', exitCode: 1 });
    expect(result.verdict.sentence).toMatch(/target crashed .*SIGKILL.*; the reference is complete\./);
    expect(result.reference).toMatchObject({ status: 'complete', data: { rows: 100 } });
    expect(result.target?.status).toBe('crashed');
    const partial = parseLane(readFileSync(`${folder}/target/run.json`, 'utf8'), 'run.json');
    expect(partial).toMatchObject({ status: 'crashed', failure: expect.stringContaining('SIGKILL') });
    expect(partial.metrics?.rows).toBeGreaterThan(0);
    expect(partial.metrics?.rows).toBeLessThan(100);

    const compared = await run(['compare', '--json', `${folder}/target`, `${folder}/reference`]);
    expect(compared.code).toBe(1);
    const { comparison, verdict } = parseResult(compared.stdout, 'stdout');
    expect(comparison?.labels.compared).toBeGreaterThan(0);
    expect(comparison?.labels.unpaired).toBeGreaterThan(0);
    expect(verdict.sentence).toContain('on one side only');
  });

  it('SIGINT: exit 130, both lanes stopped, what was measured stays readable', async () => {
    const folder = at('interrupted');
    const { child, ended } = await caughtInTheMiddle(folder);
    child.kill('SIGINT');
    // What a wrapper passes on of a signal to the whole group is no second wish.
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain('interrupted');
    const partial = parseLane(readFileSync(`${folder}/target/run.json`, 'utf8'), 'run.json');
    expect(partial).toMatchObject({ status: 'interrupted' });
    expect(partial.metrics?.rows).toBeGreaterThan(0);
    const result = parseResult(readFileSync(`${folder}/run.json`, 'utf8'), 'run.json');
    expect(result.verdict.exitCode).toBe(130);
    expect(existsSync(`${folder}/reference/metrics.jsonl`)).toBe(false);
  });

  it('SIGINT before a lane began: exit 130, nothing written', async () => {
    const folder = at('early');
    // A device that is looked at in a process of its own, which takes a while.
    const { child, ended } = start([...endless, '--reference', 'tensorflow', '--out', folder]);
    let seen = '';
    child.stderr!.on('data', (said: string) => {
      seen += said;
    });
    await until(() => seen.includes('looking for'), 'the probing to begin');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('third-party backends', () => {
  it('run end to end beside a built-in one, with their notes', async () => {
    const { code, result } = await evaluate(
      ...third('../../examples/backend.ts', 'mirror'),
      ...['--policy', 'torch-mps-2.8', '--reference', 'wasm', '--out', at('mirror')],
    );
    expect(result.target?.decision).toMatchObject({ backend: 'mirror', requested: 'mirror' });
    expect(result.target?.kernelNotes).toContainEqual(
      expect.objectContaining({ kernel: 'Sum', why: 'adds in float64' }),
    );
    expect(result.verdict.code).toBe('agree-non-finite');
    expect(result.comparison?.ops).toMatchObject({ divergent: 0, sameOrigin: true });
    expect(code).toBe(0);
  });

  it('one that copies the kernels of another has those of ours', async () => {
    const folder = at('copy');
    const { code } = await run([
      ...[
        'eval',
        '--backend',
        fixture('fixtures/copying-backend.ts'),
        '--device',
        'copy',
        '--reference',
        'none',
      ],
      ...['--data', text, '--limit', '1', '--trace', 'full', '--out', folder],
    ]);
    expect(code).toBe(0);
    const kernels = readFileSync(`${folder}/target/health.jsonl`, 'utf8');
    for (const name of ['LayerNorm', 'SelectMasked', 'Linear'])
      expect(kernels).toContain(`"kernel":"${name}"`);
  });

  it('one that cannot be opened is reported, and the other lane is finished', async () => {
    const { code, result } = await evaluate(
      ...third('fixtures/failing-backend.ts', 'failing'),
      ...['--attn', 'sdpa', '--reference', 'wasm', '--out', at('failing')],
    );
    expect(code).toBe(3);
    expect(result.verdict.code).toBe('lane-failed');
    expect(result.verdict.sentence).toContain('the driver is of another version');
    expect(result.reference).toMatchObject({ status: 'complete', metrics: { rows: 6 } });

    const compared = await run(['compare', at('failing'), at('failing/reference')]);
    expect(compared).toMatchObject({ code: 2, stdout: '' });
    expect(compared.stderr).toMatch(/^nanscope: .*found none; the run ended before its lane began\.\n$/);
  });

  it('one that hangs is stopped after --lane-timeout, and the other lane is finished', async () => {
    const { code, stdout, stderr } = await hanging!;
    expect(code, stderr).toBe(1);
    const result = parseResult(stdout, 'standard output');
    expect(result.verdict.sentence).toMatch(/target hung \(.*20 s \(--lane-timeout\)/);
    expect(result.reference?.status).toBe('complete');
  });

  it.each([
    ['a module that is not there', 'fixtures/none.ts', /expected|cannot|none\.ts/],
    ['a module that is no backend', 'fixtures/no-backend.ts', /default export/],
  ])('%s: one line, exit 2', async (_, name, message) => {
    const ended = await run(['eval', ...third(name, 'x'), '--out', at('none')]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(oneLine(ended.stderr)).toMatch(message);
    expect(existsSync(at('none'))).toBe(false);
  });
});

it.skipIf(process.platform === 'darwin')(
  '--device mps where there is no Metal: exit 3, one line with what was looked for, what was found, the remedy (skipped on macOS)',
  async () => {
    const ended = await run(['eval', '--device', 'mps', '--data', text, '--out', at('mps')]);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    const said = ended.stderr.split('\n').filter((line) => line.startsWith('nanscope: '));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/--device mps looks for .*Metal.*Found: (linux|win32)\. .*--device gpu/);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(at('mps'))).toBe(false);
  },
);
