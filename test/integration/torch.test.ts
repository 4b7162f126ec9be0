/**
 * Devices of PyTorch through the command line. With a program that stands in for a Python: what is refused, and lanes that end
 * badly. With a real one (.ci/torch): the same model on PyTorch and on WebAssembly.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseResult } from '@nanscope/record';
import { afterAll, describe, expect, it } from 'vitest';
import { todaysPython as python } from '../fixtures/torch-python.ts';
import { type WarmPython, warmPython } from '../fixtures/warm-python.ts';
import { run, workspace } from './cli.ts';

const { at, text } = workspace();
const fake = fileURLToPath(new URL('../fixtures/fake-python.mjs', import.meta.url));
const windows = process.platform === 'win32';

const absent = existsSync(python) ? '' : ` (skipped: no torch in ${python}; .ci/torch makes it)`;

const readRun = (folder: string) => {
  const path = join(folder, 'run.json');
  return parseResult(readFileSync(path, 'utf8'), path);
};
const lastLine = (stderr: string) => stderr.trim().split('\n').at(-1)!;
const base = ['eval', '--data', text, '--limit', '2', '--max-length', '16'];
const withFake = [...base, '--device', 'torch:cpu', '--python', fake, '--reference', 'javascript'];

describe.skipIf(windows)(
  `a Python that is not as it should be${windows ? ' (skipped on Windows)' : ''}`,
  () => {
    it.each([
      ['no-torch', /looks for torch 2\.4 or later in .*No module named torch.*pip install/],
      ['no-transformers', /looks for transformers 4\.46 or later/],
      ['old', /looks for torch 2\.4 or later in .*, and found 2\.0\.1/],
      ['no-module', /No module named nanscope_torch/],
    ])(
      '%s: exit 3, one line with what was looked for, what was found and what to type',
      async (how, words) => {
        const ended = await run([...withFake, '--out', at(how)], { env: { FAKE_PYTHON: how } });
        expect(ended).toMatchObject({ code: 3, stdout: '' });
        expect(lastLine(ended.stderr)).toMatch(words);
        expect(ended.stderr).not.toMatch(/Traceback|^\s+at /m);
        expect(existsSync(at(how))).toBe(false);
      },
    );

    it.each([
      ['killed', /crashed: the process was killed by SIGKILL/],
      ['memory', /failed: out of memory on cpu/],
    ])('a lane that ends by %s costs itself, and the other is kept', async (how, words) => {
      const ended = await run([...withFake, '--out', at(how)], { env: { FAKE_PYTHON: how } });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(words);
      expect(readRun(at(how))).toMatchObject({
        verdict: { code: 'lane-failed' },
        reference: { status: 'complete' },
      });
    });

    it.each([
      ['remote', /target lane: the model needs code of its own: expected --trust-remote-code/],
      ['architecture', /no causal language model of the type "made-up"/],
    ])('a model that the lane cannot take (%s) is exit 2 and one line', async (how, words) => {
      const ended = await run([...withFake, '--out', at(how)], { env: { FAKE_PYTHON: how } });
      expect(ended.code).toBe(2);
      expect(lastLine(ended.stderr)).toMatch(words);
    });
  },
);

it.each([
  [['--device', 'torch:mps'], 3, process.platform === 'darwin' ? /mps/ : /only a Mac has it/],
  [['--device', 'torch:npu'], 2, /torch:npu is not a device/],
  [['--device', 'wasm', '--python', '/x'], 2, /--python: expected a torch device/],
  [['--device', 'wasm', '--mask-form', '4d'], 2, /--mask-form: expected a torch device/],
])('%j is refused', async (flags, code, words) => {
  const ended = await run([...base, ...flags, '--out', at('refused')]);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(lastLine(ended.stderr)).toMatch(words);
});

it('a command that runs no PyTorch says so', async () => {
  const ended = await run(['train', '--device', 'torch:cpu', '--data', text, '--out', at('train')]);
  expect(ended.code).toBe(2);
  expect(lastLine(ended.stderr)).toMatch(/found a device of PyTorch\. That runs in nanscope eval/);
});

let warm: WarmPython | undefined;
afterAll(() => warm?.end());
/** The same Python, for what starts it beside the first test, which starts the Python itself. */
const warmed = () => {
  warm ??= warmPython(python, at('warm'));
  return warm.path;
};

/** Tiny models of random weights, and a batch with left padding, made by PyTorch once. */
const models = () => {
  const folder = at('models');
  if (!existsSync(folder)) {
    const tests = fileURLToPath(new URL('../../lanes/torch/tests', import.meta.url));
    const made = spawnSync(warmed(), [join(tests, 'tiny.py'), folder], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
  }
  return folder;
};

const tinyEval = (family: string, withPython = warmed()) => [
  ...['eval', '--model', join(models(), family), '--load-inputs', join(models(), 'inputs.safetensors')],
  ...['--device', 'torch:cpu', '--python', withPython, '--reference', 'wasm'],
];

/** A Python in which `real` is PyTorch's layer_norm, and `code` puts another in its place. */
function patched(name: string, code: string): string {
  const [script, program] = [`${at(name)}.sh`, `${at(name)}.py`];
  const run = 'import runpy\nrunpy.run_module("nanscope_torch", run_name="__main__", alter_sys=True)';
  writeFileSync(program, `import torch\nreal = torch.nn.functional.layer_norm\n${code}\n${run}\n`);
  writeFileSync(script, `#!/bin/sh\nexec '${warmed()}' '${program}'\n`, { mode: 0o755 });
  return script;
}

describe.skipIf(absent)(`PyTorch on the CPU${absent}`, () => {
  it('agrees with WebAssembly: the same losses, the same stages, the policy of its versions beside it', async () => {
    const folder = at('real');
    const flags = ['--device', 'torch:cpu', '--python', python, '--reference', 'wasm'];
    const ended = await run(['eval', ...flags, '--limit', '4', '--max-length', '24', '--out', folder]);
    expect(ended.stderr).not.toMatch(/warning/i);
    expect(ended.code).toBe(0);
    const { verdict, comparison, target, reference } = readRun(folder);
    expect(verdict.code).toBe('agree');
    expect(comparison!.configuration).toEqual([]);
    expect(comparison!.ops).toEqual({ aligned: 6, onlyTarget: 0, onlyReference: 0, divergent: 0 });
    expect(target!.decision).toMatchObject({ backend: 'torch-cpu', torch: { python, device: 'cpu' } });
    expect(reference!.policy.name).toBe('transformers-5-sdpa');
    expect(reference!.decision.rules.map(({ rule }) => rule)).toContain('policy-of-torch');
    const batches = readFileSync(join(folder, 'batches.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(batches[0]!)).toMatchObject({ index: 0, batch: 4, length: 24 });
  });

  it.each(['gpt2', 'llama'])('a %s has the same stages and gradients as on WebAssembly', async (family) => {
    const folder = at(`stages-${family}`);
    const ended = await run([...tinyEval(family), '--grads', '--out', folder]);
    expect(ended.code).toBe(0);
    const { verdict, comparison } = readRun(folder);
    expect(verdict.code).toBe('agree');
    const { exact, stages } = comparison!.stages!;
    expect(exact).toBe('target');
    const names = stages.map(({ name }) => name).filter((name) => !name.startsWith('grad.'));
    const layer = (at: number) => [`h.${at} attention`, `h.${at} attention residual`, `h.${at}`];
    expect(names).toEqual(['embeddings', ...layer(0), ...layer(1), 'ln_f', 'logits', 'loss']);
    expect(stages.length - names.length).toBe(family === 'gpt2' ? 28 : 21);
    for (const { compared, passed } of stages) expect(compared > 0 && passed).toBe(true);
    expect(ended.stdout).toMatch(/10 stages agree; the worst takes \d+ % of what rounding explains/);
  });

  it('in bfloat16 its stages are held at the steps of that type', async () => {
    const folder = at('bfloat16');
    await run([...tinyEval('llama'), '--dtype', 'bf16', '--rtol', '0.1', '--out', folder]);
    const { target, comparison } = readRun(folder);
    expect(target!.policy.computeDtype).toBe('bf16');
    const logits = comparison!.stages!.stages.find(({ name }) => name === 'logits')!;
    expect(logits.target as number).toBeGreaterThan(1e-4);
    expect(comparison!.stages!.stages.filter(({ passed }) => !passed)).toEqual([]);
  });

  it('a kernel that is wrong by 2e-5 is found at its stage, though every label agrees', async () => {
    const wrong =
      'torch.nn.functional.layer_norm = lambda x, *more: real(x, *more) * (1.00002 if x.dtype is torch.float32 else 1)';
    const folder = at('wrong-kernel');
    const ended = await run([...tinyEval('gpt2', patched('wrong', wrong)), '--out', folder]);
    expect(ended.code).toBe(1);
    const { verdict, comparison } = readRun(folder);
    expect(comparison!.labels.differing).toEqual([]);
    expect(verdict.code).toBe('numbers-differ');
    expect(verdict.sentence).toMatch(
      /the numbers differ from h\.0 attention on: the target is \S+ from float64 and the reference \S+, where \S+ is rounding; the \d+ labels agree/,
    );
  });

  it('a gradient that is NaN on one side alone is a difference of classes, named by its parameter', async () => {
    const wrong = `def norm(x, *more):
    y = real(x, *more)
    if y.requires_grad and x.dtype is torch.float32: y.register_hook(lambda g: g * float("nan"))
    return y
torch.nn.functional.layer_norm = norm`;
    const folder = at('nan-gradient');
    const ended = await run([...tinyEval('gpt2', patched('nan', wrong)), '--grads', '--out', folder]);
    expect(ended.code).toBe(1);
    const { verdict, comparison } = readRun(folder);
    expect(verdict.code).toBe('classes-differ');
    expect(comparison!.ops.firstDivergence).toBe('grad.transformer.h.0.attn.c_attn.bias');
    expect(
      comparison!
        .stages!.stages.filter(({ name }) => !name.startsWith('grad.'))
        .every(({ passed }) => passed),
    ).toBe(true);
  });

  it('the doctor tells its versions, and how it treats NaN', async () => {
    const ended = await run(['doctor', '--device', 'torch:cpu', '--python', warmed(), '--json']);
    expect(ended.code).toBe(0);
    const { probe } = JSON.parse(ended.stdout).torch;
    expect(probe).toMatchObject({ torch: '2.15.0', sdpaBackends: { math: true } });
    expect(probe.probes).toHaveLength(11);
    for (const each of probe.probes) expect(each).toMatchObject({ device: 'cpu', passed: true });
  });

  it('its attention holds under every case of known reports but for the backward pass of flash', async () => {
    const ended = await run(['conform', '--device', 'torch:cpu', '--python', warmed(), '--json']);
    const { counts, cases } = JSON.parse(ended.stdout);
    expect({ code: ended.code, cases: counts.cases, notRun: counts.notRun }).toEqual({
      ...{ code: 1, cases: 99, notRun: 0 },
    });
    const are = (status: string) =>
      cases.filter((each: { id: string; status: string }) => each.status === status);
    // A finite fill of a whole row: what flash sums up is rounded to the fill, and each weight is 1 when it is computed again.
    expect(are('fail').map(({ id }: { id: string }) => id)).toEqual([
      'torch:masked-row-finite-fill-backward;backend=own',
      'torch:masked-row-finite-fill-backward;backend=flash',
    ]);
    expect(are('fail')[0].known).toMatch(/flash on cpu in 2\.4\.1 and 2\.15/);
    // A mask and the causal order at once.
    const refused = are('refused').filter(({ id }: { id: string }) => id.endsWith('=own'));
    expect(refused).toMatchObject([
      { id: 'torch:mask-and-causal;backend=own' },
      { id: 'torch:float-mask-and-causal;backend=own' },
    ]);
    expect(counts.pass).toBeGreaterThan(70);
  });

  it('its attention runs under the cases of known reports, and a filter chooses among them', async () => {
    const flags = ['--device', 'torch:cpu', '--python', python, '--filter', 'masked-row-bool'];
    const ended = await run(['conform', ...flags, '--json']);
    expect(ended.code).toBe(0);
    const record = JSON.parse(ended.stdout);
    expect(record.implementation).toBe('F.scaled_dot_product_attention');
    expect(record.decision.backend).toBe('torch-cpu');
    expect(record.counts.pass).toBeGreaterThan(0);
    for (const { id } of record.cases) expect(id).toContain('masked-row-bool');
  });
});
