/**
 * What the policies of real systems do to the same weights and the same left-padded text, seen through the command
 * line on two CPU backends: finite or not, where it is born, how it spreads, and what the verdict says.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  batchLineSchema,
  healthLineSchema,
  parseLane,
  parseResult,
  sampleLineSchema,
} from '@nanscope/record';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, evaluate, expectLines, rows, run, workspace } from './cli.ts';

const { at, text } = workspace();
const common = ['--data', text, '--batch-size', '3', '--device', 'wasm'];
/** The reference that every machine has, and no probing of attention: what this file asks needs neither. */
const plain = [...common, '--reference', 'javascript', '--attn', 'sdpa'];
const alone = [...common, '--reference', 'none', '--attn', 'sdpa'];

type Evaluated = Awaited<ReturnType<typeof evaluate>>;
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

describe('safe', () => {
  let safe: Evaluated;
  const folder = at('safe');
  beforeAll(async () => {
    safe = await evaluate(...common, '--trace', 'full', '--out', folder);
  });

  it('both lanes are finite, the losses agree within the printed tolerance, exit 0', () => {
    expect(safe.result.verdict).toMatchObject({ code: 'agree', exitCode: 0 });
    expect(safe.code).toBe(0);
    const loss = safe.result.comparison?.metrics.find(({ name }) => name === 'loss');
    expect(loss).toMatchObject({ class: 'finite', pass: true });
    expect(loss?.requiredRtol).toBeLessThanOrEqual(1e-4);
    expect(safe.result.comparison?.labels).toMatchObject({ unpaired: 0, differing: [] });
    expect(safe.result.comparison?.labels.compared).toBe(safe.result.target?.metrics?.tokens);
  });

  it('progress is on standard error and never in the result', () => {
    expect(safe.stderr).toContain('target');
    expect(safe.stderr).toContain('reference');
    expect(safe.stdout.trimStart()).toMatch(/^\{/);
  });

  it('the run folder holds what was printed, the configuration and each lane with its figures', () => {
    expect(json(folder, 'run.json')).toEqual(JSON.parse(safe.stdout));
    expect(json(folder, 'config.json')).toMatchObject({
      model: 'prose',
      'batch-size': 3,
      policy: 'safe',
      trace: 'full',
    });
    for (const role of ['target', 'reference'] as const) {
      const lane = parseLane(readFileSync(join(folder, role, 'run.json'), 'utf8'), role);
      expect(lane).toMatchObject({ role, status: 'complete', data: { rows: 6, truncated: 0 } });
      expectLines(join(folder, role, 'metrics.jsonl'), batchLineSchema);
      expectLines(join(folder, role, 'samples.jsonl'), sampleLineSchema);
      expectLines(join(folder, role, 'health.jsonl'), healthLineSchema);
    }
  });

  it('the loss is the mean over all supervised tokens, not a mean of means', () => {
    const lines = readFileSync(join(folder, 'target', 'samples.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const perRow = lines.map((line) => JSON.parse(line).losses as number[]);
    const all = perRow.flat();
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const { metrics } = safe.result.target!;
    expect(metrics?.tokens).toBe(all.length);
    expect(metrics?.loss).toBeCloseTo(mean(all), 10);
    expect(Math.abs(mean(perRow.map(mean)) - mean(all))).toBeGreaterThan(1e-4);
    expect(metrics?.perplexity).toBeCloseTo(Math.exp(mean(all)), 6);
  });

  it('tracing changes no bit, finds nothing unintended, memory stays flat', () => {
    for (const lane of [safe.result.target!, safe.result.reference!]) {
      expect(lane.cascade).toMatchObject({ level: 'full', observer: 'unchanged', batchesTraced: 2 });
      expect(lane.cascade?.origin).toBeUndefined();
      expect(lane.cascade?.events.filter(({ benign }) => benign === undefined)).toEqual([]);
      expect(lane.memory?.tensorsGrown).toBe(0);
      expect(lane.leak).toMatchObject({ leaks: [] });
    }
  });

  it('a second run into the same folder moves the first aside', async () => {
    const again = await evaluate(...[...alone, '--limit', '1', '--trace', 'off', '--out', folder]);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(`${folder}.1`);
    expect(json(`${folder}.1`, 'run.json')).toEqual(JSON.parse(safe.stdout));
    expect(json(folder, 'run.json')).toMatchObject({ target: { data: { rows: 1 } } });
    expect(existsSync(join(folder, 'reference'))).toBe(false);
  });

  describe('against other policies, by compare', () => {
    const first = `${folder}.1`;
    const against = async (...args: string[]): Promise<Ended> => {
      const out = at(args.join('').replaceAll('-', '_'));
      const ended = await evaluate(
        ...common,
        '--reference',
        'none',
        '--trace',
        'gate',
        '--out',
        out,
        ...args,
      );
      expect(ended.result.target?.cascade, '--trace gate of a finite run traces nothing').toMatchObject({
        ops: 0,
        observer: 'nothing wrapped',
      });
      expect(ended.result.verdict).toMatchObject({ code: 'no-reference', exitCode: 0 });
      return run(['compare', '--json', out, first]);
    };

    it('eager and sdpa agree in loss', async () => {
      const ended = await against('--attn', 'eager');
      const result = parseResult(ended.stdout, 'stdout');
      expect(result.comparison?.metrics.find(({ name }) => name === 'loss')).toMatchObject({ pass: true });
      expect(result.comparison?.labels.differing).toEqual([]);
      expect(result.target?.decision.attention).toBe('eager');
      expect(ended.code).toBe(0);
    });

    it('transformers-5-eager differs, in the first real token after padding and nowhere else', async () => {
      const ended = await against('--policy', 'transformers-5-eager');
      expect(ended.code).toBe(1);
      const { comparison, verdict, target } = parseResult(ended.stdout, 'stdout');
      expect(verdict.code).toBe('configuration-differs');
      expect(verdict.sentence).toContain('first real token');
      expect(comparison?.labels.differing.length).toBeGreaterThan(0);
      for (const label of comparison!.labels.differing) {
        expect(label.what).toBe('first real token, predicted from the last pad');
        expect(label.text).not.toBe('');
      }
      // The run says so by itself, without the other one.
      expect(target?.policyEffect?.differing.length).toBeGreaterThan(0);
      expect(target?.policyEffect?.differing[0]).toMatchObject({
        what: 'first real token, predicted from the last pad',
      });
    });
  });
});

describe('torch-mps-2.8', () => {
  let bad: Evaluated;
  beforeAll(async () => {
    bad = await evaluate(...plain, '--policy', 'torch-mps-2.8', '--out', at('mps'));
  });

  it('NaN on both lanes, which agree: exit 0, policy and not device, a row guard', () => {
    for (const lane of [bad.result.target, bad.result.reference]) expect(lane?.metrics?.loss).toBe('NaN');
    expect(bad.result.verdict).toMatchObject({ code: 'agree-non-finite', exitCode: 0 });
    expect(bad.code).toBe(0);
    expect(bad.result.verdict.sentence).toMatch(
      /^The loss is NaN on both devices: query 0 .* so the policy is the cause/,
    );
    expect(bad.result.verdict.next).toContain('--row-guard zeros');
  });

  it('in CI, where a NaN is no pass: exit 1, and --fail-on differ lets it through', async () => {
    const compared = (CI: string, ...args: string[]) =>
      run(['compare', '--json', at('mps'), at('mps'), ...args], { env: { CI } });
    const file = at('nan.xml');
    const ended = [
      await compared(''),
      await compared('', '--fail-on', 'nan'),
      await compared('true'),
      await compared('', '--reporter', `junit=${file}`),
      await compared('true', '--fail-on', 'differ', '--reporter', `junit=${at('let.xml')}`),
    ];
    expect(ended.map(({ code }) => code)).toEqual([0, 1, 1, 1, 0]);
    expect(parseResult(ended[2]!.stdout, 'stdout').verdict).toMatchObject({
      ...{ code: 'agree-non-finite', exitCode: 1 },
      findings: [{ finding: 'nan', fails: true, reason: 'nan is in --fail-on nan,differ,leak' }],
    });
    expect(readFileSync(file, 'utf8')).toMatch(/name="the loss is finite"[^>]*><failure/);
    expect(readFileSync(at('let.xml'), 'utf8')).toMatch(/name="the loss is finite"[^>]*><skipped/);
  });

  it('is born in both lanes in the attention probabilities of layer 0, at the first padded query', () => {
    const { target, reference, comparison } = bad.result;
    const origin = target?.cascade?.origin;
    expect(origin?.key).toMatch(/^forward\/transformer\.h\.0\/attn\/(context\/)?probs\//);
    expect(origin?.coordinateNames).toEqual(['batch', 'head', 'query', 'key']);
    // Row 0 of the batch is the longest and has no padding; row 1 is the first with a fully masked query.
    expect(origin?.coordinates).toEqual([1, 0, 0, 0]);
    expect(origin?.mechanism.name).toBe('fully masked row');
    expect(reference?.cascade?.origin).toMatchObject({ key: origin?.key, coordinates: origin?.coordinates });
    expect(comparison?.ops).toMatchObject({
      divergent: 0,
      sameOrigin: true,
      samePath: true,
      sameKills: true,
    });
  });

  it('spreads in two steps: padded positions in layer 0, the whole row in layer 1, other rows stay clean', () => {
    const cascade = bad.result.target!.cascade!;
    const row = cascade.spread.filter((step) => step.row === 1);
    expect(row.map(({ layer }) => layer)).toEqual(['h.0', 'h.1']);
    const pads = cascade.picture!.padding[1]!.left;
    const { layers, cells } = cascade.picture!;
    const length = cells[1]![0]!.length;
    const cell = (batchRow: number, layer: string) => cells[batchRow]![layers.indexOf(layer)]!;
    expect(pads).toBeGreaterThan(0);
    expect(cell(1, 'embeddings')).toBe('.'.repeat(length));
    expect(cell(1, 'h.0')).toBe('N'.repeat(pads) + '.'.repeat(length - pads));
    expect(cell(1, 'h.1')).toBe('N'.repeat(length));
    expect(cell(0, 'h.1')).toBe('.'.repeat(length));
  });

  it('a NaN is never an answer: the labels it meets are counted as unanswerable', () => {
    const { metrics } = bad.result.target!;
    expect(metrics?.nonFinite.nan).toBeGreaterThan(0);
    expect(metrics?.unanswerable).toBe(metrics?.nonFinite.nan);
  });

  it('with padding on the right it is finite', async () => {
    const right = await evaluate(
      ...[...alone, '--policy', 'torch-mps-2.8', '--padding-side', 'right', '--out', at('right')],
    );
    expect(right.result.target?.metrics?.loss).toEqual(expect.any(Number));
    expect(right.result.target?.cascade?.origin).toBeUndefined();
  });

  it('--trace gate replays the bad batch and names the same origin; off names none', async () => {
    const bare = [...alone, '--policy', 'torch-mps-2.8'];
    const gate = await evaluate(...bare, '--trace', 'gate', '--out', at('gate'));
    expect(gate.result.target?.cascade?.origin).toEqual(bad.result.target?.cascade?.origin);
    expect(gate.result.target?.cascade?.level).toBe('gate');
    const off = await evaluate(...bare, '--trace', 'off', '--out', at('off'));
    expect(off.result.target?.cascade).toMatchObject({ ops: 0, observer: 'nothing wrapped' });
    expect(off.result.target?.metrics).toMatchObject({ loss: 'NaN' });
  });
});

it('no-causal is finite, and the causal leak is reported with the position that leaks', async () => {
  const ended = await run(['eval', ...alone, '--policy', 'no-causal', '--out', at('seed')]);
  const result = parseResult(readFileSync(at('seed/run.json'), 'utf8'), 'run.json');
  expect(result.target?.metrics?.loss).toEqual(expect.any(Number));
  expect(result.target?.leak?.leaks.length).toBeGreaterThan(0);
  const [leak] = result.target!.leak!.leaks.filter(({ live }) => live);
  expect(leak!.position).toBeLessThan(leak!.from);
  expect(result.verdict.sentence).toContain(`position ${leak!.position} of row ${leak!.row} sees position`);
  expect(ended.stdout.replace(/[\s│]+/g, ' ')).toContain(`position ${leak!.position} of row ${leak!.row}`);
  expect(ended.code).toBe(0);
});

it('a first batch without a label changes nothing of what is said about the others', async () => {
  const data = at('short-first.txt');
  writeFileSync(data, ['a', ...rows].join('\n'));
  const ended = await evaluate(
    ...[...plain, '--data', data, '--batch-size', '1', '--limit', '3', '--out', at('short-first')],
  );
  const { target, comparison, verdict } = ended.result;
  expect(verdict.code).toBe('agree');
  expect(target?.metrics).toMatchObject({ rows: 3, batches: 3, loss: expect.any(Number) });
  expect(target?.cascade).toMatchObject({ batchesTraced: 2, observer: 'unchanged' });
  expect(comparison?.ops.aligned).toBe(target?.cascade?.ops);
  expect(target?.leak?.checked).toBeGreaterThan(0);
});
