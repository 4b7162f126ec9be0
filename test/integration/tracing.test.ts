/**
 * The levels of tracing the way a user meets them: a NaN that hides while it is looked at, and a step that blows up with
 * what led to it.
 */
import { readFileSync } from 'node:fs';
import { policies } from '@nanscope/attention';
import { parseTraces } from '@nanscope/cascade';
import { LaneTracer } from '@nanscope/lane';
import { loadCausalLM } from '@nanscope/model';
import { type TrainResultRecord, trainResultSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { evaluate, fixture, run, workspace } from './cli.ts';

const { at, text } = workspace();

async function train(...args: string[]): Promise<{ code: number | null; result: TrainResultRecord }> {
  const { code, stdout, stderr } = await run(['train', '--json', '--layers', '1', ...args]);
  if (stdout === '') throw new Error(`train ${args.join(' ')} left ${code}: ${stderr}`);
  return { code, result: trainResultSchema.parse(JSON.parse(stdout)) };
}

const small = [
  '--data',
  text,
  '--device',
  'mirror',
  '--attn',
  'sdpa',
  '--trace',
  'gate',
  '--max-length',
  '32',
];
const backend = (name: string) => ['--backend', fixture(`./fixtures/${name}-backend.ts`)];

describe('a NaN that is there only while nobody looks', () => {
  it('in an evaluation is a verdict of its own, also without a reference', async () => {
    const flags = [...small, ...backend('shy'), '--reference', 'none', '--limit', '4'];
    const { code, result } = await evaluate(...flags, '--out', at('shy'));
    expect(code).toBe(1);
    expect(result.verdict).toMatchObject({ code: 'vanishes-under-observation', exitCode: 1 });
    expect(result.verdict.sentence).toContain(
      'batch 0 of the target is not finite, and finite as soon as it is',
    );
    expect(result.target?.metrics?.loss).toBe('NaN');
    expect(result.target?.cascade).toMatchObject({
      observer: 'nothing wrapped',
      gate: {
        replays: [
          { outcome: 'vanishes', plain: { runs: 4, nonFinite: 4 }, traced: { runs: 4, nonFinite: 0 } },
        ],
      },
    });
    expect(result.target?.cascade?.origin).toBeUndefined();
  });

  it('in training as well, before the update', async () => {
    const flags = [...small, ...backend('shy'), '--rows', 'line', '--steps', '2', '--batch-size', '2'];
    const { code, result } = await train(...flags, '--validation', '0', '--out', at('shy-train'));
    expect([code, result.verdict.code]).toEqual([1, 'vanishes-under-observation']);
    expect(result.verdict.sentence).toContain('step 1 of the target');
    expect(result.target?.training).toMatchObject({ steps: 0, end: 'non-finite' });
  });

  it('is distinguished from one that does not come again', async () => {
    const { default: flaky } = await import('./fixtures/first-product-backend.ts');
    const session = await flaky.open();
    const model = await loadCausalLM({ preset: 'tiny', seed: 1 });
    const ids = Int32Array.of(5, 6, 7, 8);
    const batch = {
      ...{ inputIds: ids, attentionMask: Int32Array.of(1, 1, 1, 1), labels: ids },
      ...{ positionIds: Int32Array.of(0, 1, 2, 3), batch: 1, length: 4, lengths: [4], truncated: 0 },
    };
    const sink = { write() {}, append() {}, appendLines() {} };
    const tracer = new LaneTracer(session, { level: 'gate', keep: 0, filters: [] }, model, sink);
    const computation = { model, implementation: 'eager', policy: policies.safe } as const;
    const { losses } = await tracer.evaluate(computation, { index: 7, batch, rows: [] });
    expect([...losses].some(Number.isNaN)).toBe(true);
    expect(tracer.record().gate?.replays).toEqual([
      { batch: 7, outcome: 'flaky', plain: { runs: 4, nonFinite: 1 }, traced: { runs: 4, nonFinite: 0 } },
    ]);
    tracer.close();
    model.dispose();
    await session.dispose();
  });
});

describe('a training run that blows up', () => {
  it('at level full says where it started to look abnormal, and leaves the whole traces that led to it', async () => {
    const out = at('blown');
    const flags = ['--corpus', 'markov', '--corpus-lines', '100', '--width', '16', '--heads', '1'];
    const recipe = ['--optimizer', 'sgd', '--learning-rate', '1e8', '--clip', '0', '--steps', '9'];
    const { code, result } = await train(
      ...[...flags, ...recipe, '--device', 'wasm', '--batch-size', '2', '--max-length', '16'],
      ...['--trace', 'full', '--trace-keep', '1', '--out', out],
    );
    expect([code, result.verdict.code]).toEqual([1, 'stopped-non-finite']);
    const { training, cascade } = result.target!;
    const hit = training.nonFinite[0]!.step;
    expect(cascade).toMatchObject({ observer: 'unchanged', origin: { batch: hit } });
    expect(cascade?.hit).toEqual({ file: 'hit.jsonl', batches: [hit - 1, hit] });
    const traces = parseTraces(readFileSync(`${out}/target/hit.jsonl`, 'utf8'));
    expect(traces.map(({ batch, partial }) => [batch, partial])).toEqual([
      [hit - 1, undefined],
      [hit, undefined],
    ]);
    expect(traces[0]!.records.some(({ phase }) => phase === 'optimizer')).toBe(true);
    expect(cascade?.warning?.starts?.reason).toMatch(/magnitude/);
    expect(cascade!.warning!.batch).toBeLessThanOrEqual(hit);
  });
});
