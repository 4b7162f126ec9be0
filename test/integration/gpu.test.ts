/**
 * The main job as it is meant: `--device gpu` against the best CPU backend. Runs on whatever adapter there is, a software
 * one included; where none can be had the tests are skipped with what the command line said about it.
 */
import { readFileSync, rmSync } from 'node:fs';
import { parseResult, type ResultRecord } from '@nanscope/record';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, run, workspace } from './cli.ts';

const { at, text } = workspace();
const common = ['eval', '--device', 'gpu', '--data', text, '--batch-size', '3'];

/** Runs for people, and reads the result from the run folder. */
async function evaluated(
  name: string,
  ...args: string[]
): Promise<{ ended: Ended; result: ResultRecord | undefined }> {
  const ended = await run([...common, '--out', at(name), ...args]);
  if (ended.code === 3) return { ended, result: undefined };
  return { ended, result: parseResult(readFileSync(at(`${name}/run.json`), 'utf8'), 'run.json') };
}

/** A page without its frames and line ends, to look for sentences in. */
const plain = (page: string) => page.replace(/[\s│]+/g, ' ');

describe('pnpm eval --device gpu', () => {
  let safe: Awaited<ReturnType<typeof evaluated>>;
  beforeAll(async () => {
    safe = await evaluated('safe');
  });

  it('safe: both lanes finite, losses agree within the printed tolerance, no leak, exit 0', ({ skip }) => {
    const { ended, result } = safe;
    if (!result) return skip(`no WebGPU adapter: ${ended.stderr.trim().split('\n').at(-1)}`);
    expect(result.target?.decision.backend).toBe('webgpu');
    expect(result.verdict).toMatchObject({ code: 'agree', exitCode: 0 });
    expect(ended.code).toBe(0);
    const loss = result.comparison?.metrics.find(({ name }) => name === 'loss');
    expect(loss).toMatchObject({ class: 'finite', pass: true });
    expect(result.target?.leak?.leaks).toEqual([]);
    expect(result.target?.cascade?.observer).toBe('unchanged');
    expect(result.target?.memory?.tensorsGrown).toBe(0);
    expect(plain(ended.stdout)).toContain(result.verdict.sentence);
    if (result.target?.decision.software) expect(ended.stdout).toContain('software');
  });

  it('torch-mps-2.8: NaN on both lanes with the same origin and spread: policy and not device, exit 0; or what WGSL permits, exit 1', async ({
    skip,
  }) => {
    const { ended, result } = await evaluated('mps', '--policy', 'torch-mps-2.8');
    if (!result) return skip(`no WebGPU adapter: ${ended.stderr.trim().split('\n').at(-1)}`);
    const [target, reference] = [result.target!, result.reference!];
    for (const lane of [target, reference]) expect(lane.metrics?.loss).toBe('NaN');
    const origin = target.cascade?.origin;
    expect(origin?.key).toMatch(/^forward\/transformer\.h\.0\/attn\/(context\/)?probs\//);
    expect(origin).toMatchObject({ coordinates: [1, 0, 0, 0], mechanism: { name: 'fully masked row' } });
    expect(reference.cascade?.origin?.coordinates).toEqual(origin?.coordinates);
    expect(reference.cascade?.picture).toEqual(target.cascade?.picture);
    expect(result.comparison?.ops).toMatchObject({ sameOrigin: true, samePath: true, divergent: 0 });
    expect(result.verdict.code).toBe('agree-non-finite');
    expect(ended.code).toBe(0);
    expect(plain(ended.stdout)).toMatch(/the policy is the cause, not a device/);
    expect(plain(ended.stdout)).toContain('--row-guard zeros');
  });
});

describe('a run of the built-in text on a software adapter', () => {
  const quick = ['--model', 'tiny', '--device', 'gpu', '--reference', 'wasm', '--trace', 'off'];
  const record = (name: string) => parseResult(readFileSync(at(`${name}/run.json`), 'utf8'), 'run.json');

  it('evaluates its beginning and says so before and after, also when it is resumed; elsewhere all of it', async ({
    skip,
  }) => {
    const ended = await run(['eval', ...quick, '--out', at('builtin')]);
    if (ended.code === 3) return skip(`no WebGPU adapter: ${ended.stderr.trim().split('\n').at(-1)}`);
    const { target, reference } = record('builtin');
    if (!target!.decision.software) {
      expect(target!.data).not.toHaveProperty('cut');
      expect(target!.data.rows).toBeGreaterThan(100);
      return;
    }
    const { of, reason } = target!.data.cut!;
    expect(of).toBeGreaterThan(100);
    expect(target!.data).toMatchObject({ source: 'built-in text', rows: 16 });
    expect(reference!.data).toEqual(target!.data);
    expect(ended.stderr).toContain(`the first 16 of ${of} rows: ${reason}`);
    expect(plain(ended.stdout)).toContain(`16 rows, the first of ${of}: ${reason}`);
    expect(reason).toContain(`--limit ${of} evaluates all`);

    rmSync(at('builtin/reference'), { recursive: true });
    const again = await run(['eval', '--resume', at('builtin')]);
    expect(again.code).toBe(ended.code);
    expect(record('builtin').reference!.data).toEqual(target!.data);
  });

  it('evaluates what it was asked for', async ({ skip }) => {
    const ended = await run(['eval', ...quick, '--limit', '20', '--out', at('limit')]);
    if (ended.code === 3) return skip(`no WebGPU adapter: ${ended.stderr.trim().split('\n').at(-1)}`);
    expect(record('limit').target!.data).toEqual({ source: 'built-in text', rows: 20, truncated: 0 });
  });
});
