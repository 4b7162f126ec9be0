/**
 * Two lanes of PyTorch, of two versions (.ci/torch, .ci/torch 2.4.1): what both have is aligned, an op that is wrong in one of them is
 * found by replaying it with the other's inputs, and nobody is blamed where both are right.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstMagnitudeDivergence } from '@nanscope/cascade';
import { type LaneMessage, type ShadowMessage, torchIn, watchLane } from '@nanscope/lane';
import { parseResult } from '@nanscope/record';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchUpwards } from '../../packages/harness/src/shadow/investigate.ts';
import { openShadowLane } from '../../packages/harness/src/shadow/shadow-lane.ts';
import { inCommonNames } from '../../packages/harness/src/shadow/torch-lanes.ts';
import { oldPython, todaysPython } from '../fixtures/torch-python.ts';
import { type WarmPython, warmPython } from '../fixtures/warm-python.ts';
import { run, workspace } from './cli.ts';

const { at } = workspace();
const missing = [todaysPython, oldPython].filter((python) => !existsSync(python));
const absent =
  missing.length === 0 ? '' : ` (skipped: no torch in ${missing.join(', ')}; .ci/torch makes it)`;

const readRun = (folder: string) => {
  const path = join(folder, 'run.json');
  return parseResult(readFileSync(path, 'utf8'), path);
};

/** A Python whose PyTorch has another kernel for an op on the CPU, in every process that it starts. */
function broken(name: string, python: string, op: string, kernel: string): string {
  const folder = at(`broken-${name}`);
  mkdirSync(folder);
  const library = `library = torch.library.Library("aten", "IMPL")\nlibrary.impl("${op}", kernel, "CPU")`;
  writeFileSync(join(folder, 'sitecustomize.py'), `import torch\n${kernel}\n${library}\n`);
  const script = join(folder, 'python.sh');
  writeFileSync(script, `#!/bin/sh\nPYTHONPATH="${folder}:$PYTHONPATH" exec '${python}' "$@"\n`, {
    mode: 0o755,
  });
  return script;
}

const layerNorm = (wrong: string) => `def kernel(x, shape, weight, bias, eps):
    if not list(shape) == list(weight.shape) == list(bias.shape) == [x.shape[-1]]: raise RuntimeError("other shapes")
    mean = x.mean(-1, keepdim=True)
    rstd = (x.var(-1, unbiased=False, keepdim=True) + eps).rsqrt()
    y = (x - mean) * rstd * weight + bias
    if x.dtype is torch.float32:
        ${wrong}
    return y, mean, rstd`;

const silu = `def kernel(x):
    y = x * torch.sigmoid(x)
    return y + 0.01 * (x > 0) if x.dtype is torch.float32 else y`;

const unpadded = `
import sys; sys.path.insert(0, sys.argv[1])
import tiny, torch
from safetensors.torch import save_file
line = tiny.batch_line(0, pads=0)
names = {"inputIds": "input_ids", "attentionMask": "attention_mask", "labels": "labels", "positionIds": "position_ids"}
save_file({name: torch.tensor(line[key]).reshape(2, 8) for key, name in names.items()}, sys.argv[2] + "/unpadded.safetensors")
import json; open(sys.argv[2] + "/unpadded.jsonl", "w").write(json.dumps(line))`;

describe.skipIf(absent)(`two lanes of PyTorch${absent}`, () => {
  const models = at('models');
  const warm: WarmPython[] = [];
  let [today, old] = ['', ''];
  afterAll(() => {
    for (const python of warm) python.end();
  });
  beforeAll(() => {
    warm.push(warmPython(todaysPython, at('today')), warmPython(oldPython, at('old')));
    [today, old] = warm.map(({ path }) => path) as [string, string];
    const tests = fileURLToPath(new URL('../../lanes/torch/tests', import.meta.url));
    execFileSync(today, [join(tests, 'tiny.py'), models], { stdio: 'pipe' });
    execFileSync(today, ['-c', unpadded, tests, models], { stdio: 'pipe' });
  });
  const pair = async (name: string, family: string, pythons: readonly string[], inputs = 'unpadded') => {
    const [target, reference] = pythons as [string, string];
    const ended = await run([
      ...['eval', '--model', join(models, family), '--load-inputs', join(models, `${inputs}.safetensors`)],
      ...['--device', 'torch:cpu', '--python', target, '--reference', 'torch:cpu'],
      ...['--reference-python', reference, '--replays', '1', '--out', at(name)],
    ]);
    expect(ended.stderr).not.toMatch(/Traceback/);
    return { ...ended, ...readRun(at(name)) };
  };

  it.each(['gpt2', 'llama'])('%s of two versions is aligned op by op, and agrees', async (family) => {
    const { code, verdict, comparison } = await pair(`honest-${family}`, family, [today, old]);
    expect({ code, verdict: verdict.code }).toEqual({ code: 0, verdict: 'agree' });
    const { ops } = comparison!;
    expect(ops.divergent).toBe(0);
    expect(ops.aligned).toBeGreaterThan(70);
    expect(ops.onlyTarget + ops.onlyReference).toBeLessThan(ops.aligned);
  });

  it('the attention of 2.4.1 fails the cases of rows without a key, and what it cannot do is refused', async () => {
    const ended = await run(['conform', '--device', 'torch:cpu', '--python', old, '--json']);
    expect(ended.code).toBe(1);
    const cases: { id: string; status: string; reason?: string }[] = JSON.parse(ended.stdout).cases;
    const own = (status: string) =>
      cases.flatMap(({ id, status: was }) =>
        was === status && id.endsWith('=own') ? [id.slice('torch:'.length, id.indexOf(';'))] : [],
      );
    expect(own('fail')).toEqual([
      'masked-row-bool',
      'masked-row-float',
      'odd-head-size',
      ...['bool', 'float', 'finite-fill'].map((how) => `masked-row-${how}-backward`),
      'odd-head-size-backward',
    ]);
    expect(own('refused')).toEqual(expect.arrayContaining(['1024-keys', 'grouped-queries']));
    for (const { id, status, reason } of cases)
      if (status === 'fail' && !id.includes('finite-fill')) expect(reason).toMatch(/found nan/);
  });

  it('what a version does at padded rows by other ops blames no kernel', async () => {
    const { verdict, comparison } = await pair('padded', 'gpt2', [today, old], 'inputs');
    expect(verdict.code).toBe('numbers-differ');
    expect(comparison!.replays!.lanes.map(({ changed }) => changed)).toEqual([0, 0]);
    const last = comparison!.shadow!.steps.at(-1)!;
    expect(last).toMatchObject({ key: 'forward/transformer.h.0/attn/attention#0', judgement: 'other ops' });
    expect(verdict.sentence).toContain('makes it of');
  });

  it.each([
    ['gpt2', 'native_layer_norm', layerNorm('y[..., 3] += 0.02'), 'layer_norm', [0, 1]],
    ['gpt2', 'native_layer_norm', layerNorm('y[..., 3] *= 1.00005'), 'layer_norm', [1, 0]],
    ['llama', 'silu', silu, 'silu', [0, 1]],
  ] as const)(
    '%s: %s that is wrong in one of them is found, with its module',
    async (family, op, kernel, work, order) => {
      const name = `${op}-${order[0]}-${kernel.length}`;
      const pythons = [broken(name, today, op, kernel), old];
      const { code, verdict, comparison, stdout } = await pair(
        name,
        family,
        order.map((at) => pythons[at]!),
      );
      expect(code).toBe(1);
      expect(verdict.code).toBe('kernel-bug-suspected');
      const last = comparison!.shadow!.steps.at(-1)!;
      expect(last).toMatchObject({ kernel: work });
      expect(['own', 'both']).toContain(last.judgement);
      expect(last.key).toContain(family === 'gpt2' ? 'transformer.h.0/ln_1' : 'model.layers.0/mlp/act_fn');
      expect(stdout).toContain(work);
    },
  );

  it('in float64 the kernel that is wrong in the twelfth digit is found', async () => {
    const kernel = layerNorm('y[..., 3] *= 1 + 1e-12').replace('float32', 'float64');
    const inputs = join(models, 'unpadded.jsonl');
    const open = (role: 'target' | 'reference', python: string) => {
      const own = { model: join(models, 'gpt2'), inputs, dtype: 'float64', batch: 0 };
      const start = torchIn(python, { device: 'cpu', task: { role, ...own } });
      const lane = { run: 'shadow' as const, task: {}, environment: {}, silenceSeconds: 60, start };
      return openShadowLane({ role }, (hooks) =>
        watchLane<ShadowMessage | LaneMessage>({ ...lane, ...hooks }),
      );
    };
    const opened = {
      target: open('target', broken('double', today, 'native_layer_norm', kernel)),
      reference: open('reference', old),
    };
    try {
      const lanes = await inCommonNames(opened);
      const tolerance = { rtol: 1e-13, atol: 1e-15 };
      const [own, other] = [await lanes.target.ask('digest', {}), await lanes.reference.ask('digest', {})];
      const { key } = firstMagnitudeDivergence(own, other, tolerance)!;
      const last = (await searchUpwards(key, lanes, tolerance)).steps.at(-1)!;
      expect(last).toMatchObject({ key: 'forward/transformer.h.0/ln_1/layer_norm#0', judgement: 'own' });
      const { target, reference } = last.onReferenceInputs!.worst!;
      expect(Math.abs(Number(target) / Number(reference) - 1)).toBeCloseTo(1e-12, 14);
    } finally {
      await Promise.all([opened.target.end(), opened.reference.end()]);
    }
  });

  it('PyTorch alone computes a model of any architecture that transformers has; beside another engine it is refused, and says so', async () => {
    const made = `import sys, torch
from transformers import MixtralConfig, MixtralForCausalLM
sizes = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, num_local_experts=4)
MixtralForCausalLM(MixtralConfig(vocab_size=64, max_position_embeddings=32, **sizes)).save_pretrained(sys.argv[1])`;
    execFileSync(today, ['-c', made, join(models, 'mixtral')], { stdio: 'pipe' });
    const command = [
      ...['eval', '--model', join(models, 'mixtral'), '--load-inputs', join(models, 'inputs.safetensors')],
      ...['--device', 'torch:cpu', '--python', today, '--out', at('mixtral')],
    ];
    const refused = await run(command);
    expect(refused.code).toBe(2);
    expect(refused.stderr.trim().split('\n').at(-1)).toMatch(
      /"mixtral".*PyTorch alone may compute it: --reference none/,
    );
    expect((await run([...command, '--reference', 'none'])).code).toBe(0);
    const { metrics, leak } = readRun(at('mixtral')).target!;
    expect(metrics!.loss).toBeGreaterThan(3);
    expect(leak!.leaks).toEqual([]);
  });

  it('what differs in numbers alone is reduced to one call, in whichever lane is wrong', async () => {
    const name = `native_layer_norm-0-${layerNorm('y[..., 3] += 0.02').length}`;
    const ended = await run(['reduce', at(name)]);
    expect(ended.stderr).not.toMatch(/Traceback/);
    expect(ended.code).toBe(0);
    const { op, smallest, script } = JSON.parse(readFileSync(join(at(name), 'reduced/reduced.json'), 'utf8'));
    expect(op).toBe('forward/transformer.h.0/ln_1/native_layer_norm#0:0');
    // The fourth number of a row is the wrong one: no fewer show it.
    expect(smallest.operands[0].shape.at(-1)).toBe(4);
    expect(script).toMatchObject({ failing: 1, besides: { code: 0 } });
    const text = readFileSync(join(at(name), 'reduced/reproduce.py'), 'utf8');
    expect(text).toContain('What roundings explain');
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(30);
  });
});
