/** What the Python of lanes/torch writes is read here: its records, its lines, its traces, and the folder of a loop of one's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classifyOps, findOrigin, parseTraces } from '@nanscope/cascade';
import { reduceRun } from '@nanscope/harness';
import {
  batchLineSchema,
  healthLineSchema,
  readJsonLines,
  readLane,
  readRun,
  sampleLineSchema,
} from '@nanscope/record';
import { renderTerminal } from '@nanscope/report';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { todaysPython } from '../fixtures/torch-python.ts';
import { type WarmPython, warmPython } from '../fixtures/warm-python.ts';

// Python imports PyTorch and transformers, which takes its time.
vi.setConfig({ hookTimeout: 480_000 });

const lane = fileURLToPath(new URL('../../lanes/torch/', import.meta.url));
const why = existsSync(todaysPython)
  ? ''
  : ` (skipped: no Python with torch at ${todaysPython}, .ci/torch makes one)`;
const environment = { ...process.env, PYTHONPATH: lane, OMP_NUM_THREADS: '1' };

/** A NaN in a weight of the second block. */
const poison = `
import sys
from safetensors.torch import load_file, save_file
weights = load_file(sys.argv[1])
weights["transformer.h.1.mlp.c_fc.weight"][3, 4] = float("nan")
save_file(weights, sys.argv[1], {"format": "pt"})`;

/** A product that overflows, in a model that is no transformer. */
const overflow = `
import sys
import torch, nanscope_torch
model = torch.nn.Linear(6, 4)
model.weight.data[1, 2] = 3e38
with nanscope_torch.trace(model, out=sys.argv[1]):
    model(torch.full((3, 6), 8.0)).sum().backward()`;

const loop = `
import sys
import torch, nanscope_torch
from transformers import AutoModelForCausalLM
model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
with nanscope_torch.trace(model, out=sys.argv[2]), torch.no_grad():
    model(input_ids=torch.arange(8)[None])`;

describe.skipIf(why !== '')(`a folder of the torch lane${why}`, () => {
  const place = mkdtempSync(join(tmpdir(), 'nanscope-torch-'));
  const folder = join(place, 'target');
  let messages: { readonly kind: string }[] = [];
  let warm: WarmPython;
  let python: string;
  afterAll(() => warm.end());

  beforeAll(() => {
    warm = warmPython(todaysPython, join(place, 'warm'));
    python = warm.path;
    const run = (...words: string[]) => execFileSync(python, words, { env: environment, stdio: 'pipe' });
    run(join(lane, 'tests/tiny.py'), place);
    run('-c', poison, join(place, 'gpt2/model.safetensors'));
    const task = {
      ...{ protocol: 1, kind: 'evaluate', device: 'cpu', folder },
      task: { role: 'target', model: join(place, 'gpt2'), inputs: join(place, 'inputs.jsonl'), batches: 2 },
    };
    const { stdout } = spawnSync(python, ['-m', 'nanscope_torch'], {
      env: environment,
      input: `${JSON.stringify(task)}\n`,
      encoding: 'utf8',
    });
    messages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    run('-c', loop, join(place, 'gpt2'), join(place, 'mine'));
    run('-c', overflow, join(place, 'overflow'));
  });

  it('says hello first and done last', () => {
    expect(messages.map(({ kind }) => kind)).toEqual([
      ...['hello', 'loading', 'progress', 'progress', 'loading', 'done'],
    ]);
  });

  it('holds a record and lines of the schemas of every lane', async () => {
    const record = readLane(folder)!;
    expect(record).toMatchObject({ status: 'complete', decision: { backend: 'torch-cpu' } });
    expect(record.metrics).toMatchObject({ loss: 'NaN', tokens: 24, batches: 2 });
    const count = async (name: string, schema: Parameters<typeof readJsonLines>[2]) => {
      let lines = 0;
      for await (const _ of readJsonLines(folder, name, schema)) lines++;
      return lines;
    };
    expect(await count('metrics.jsonl', batchLineSchema)).toBe(2);
    expect(await count('samples.jsonl', sampleLineSchema)).toBe(4);
    expect(await count('health.jsonl', healthLineSchema)).toBeGreaterThan(record.cascade!.ops);
    expect(await count('hit.jsonl', healthLineSchema)).toBe(record.cascade!.ops + 1);
  });

  it('has an origin that the cascade of the other lanes finds in its trace as well', () => {
    const { origin } = readLane(folder)!.cascade!;
    expect(origin).toMatchObject({
      key: 'forward/transformer.h.1/mlp/c_fc/addmm#0:0',
      mechanism: { name: 'external input' },
    });
    const [trace] = parseTraces(readFileSync(join(folder, 'hit.jsonl'), 'utf8'));
    const found = findOrigin(trace!, undefined, classifyOps(trace!));
    expect(found).toMatchObject({ key: origin!.key, kind: 'NaN', mechanism: { name: 'external input' } });
  });

  it('is reported, also that of a loop of one’s own', () => {
    const result = readRun(join(place, 'mine'));
    if (result.kind !== 'eval') throw new Error(`expected eval, found ${result.kind}`);
    expect(result.verdict).toMatchObject({ code: 'no-reference', exitCode: 1 });
    const text = renderTerminal(result, { width: 120, color: false });
    expect(text).toContain('transformer.h.1.mlp.c_fc.weight holds 1 NaN');
    expect(text).toMatch(/born at +h\.1 mlp\.c_fc addmm/);
  });

  it('is reduced to a script, that of a loop of one’s own', { timeout: 240_000 }, async () => {
    const reduce = (name: string) =>
      reduceRun(join(place, name), { budget: 60, json: false }, 'nanscope reduce', {
        onStage: () => {},
        onStep: () => {},
      });
    expect(await reduce('overflow')).toMatchObject({
      ...{ kind: 'reduce-op', op: 'forward/addmm#0:0', kernel: 'aten.addmm.default' },
      ...{ verdict: { code: 'reduced', exitCode: 0 }, script: { failing: 1 } },
    });
    await expect(reduce('mine')).rejects.toThrow(/c_fc\.weight holds 1 NaN, .* Mend the weight/);
  });

  it('refuses what it does not know in a line that another program can read', () => {
    const { stdout, status } = spawnSync(python, ['-m', 'nanscope_torch'], {
      env: environment,
      input: '{"protocol":1,"kind":"paint"}\n',
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'user-error', code: 'torch/protocol', exitCode: 2 });
  });
});
