import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reduceTorchRun, runScript } from './torch-run.ts';
import { literal, type ReducedCall, type TorchOperand, torchScript, torchWords } from './torch-script.ts';

const operand = (name: string, type: string, ...values: TorchOperand['values']): TorchOperand => ({
  ...{ name, type: `torch.${type}`, values, shape: [values.length], dtype: 'float32' },
});

const norm: ReducedCall = {
  ...{ kernel: 'aten.native_layer_norm.default', call: 'torch.ops.aten.native_layer_norm.default' },
  ...{ named: false, output: 0, why: 'the same call in float64 on the CPU', room: 1e-6 },
  arguments: [
    ['input', null],
    ['normalized_shape', '[2]'],
    ['eps', '1e-05'],
  ],
  operands: [operand('input', 'float32', 1, 0.5)],
  ...{ torch: '2.15.0', device: 'cpu', machine: 'Python 3.12.1, Linux, cpu' },
  ...{ index: 1, got: 'NaN', expected: 0.25 },
};

const attention: ReducedCall = {
  ...norm,
  ...{ kernel: 'scaled_dot_product_attention', named: true, device: 'mps' },
  call: 'torch.nn.functional.scaled_dot_product_attention',
  arguments: [
    ['query', null],
    ['is_causal', 'True'],
  ],
  operands: [operand('query', 'float16', 0, 0)],
};

describe('a line of Python that makes a tensor', () => {
  it.each([
    [operand('x', 'float32', 1, 0.1, 1e38), 'torch.tensor([1.0, 0.1, 1e+38]).reshape([3])'],
    [operand('x', 'bfloat16', 2, 2), 'torch.full([2], 2.0, dtype=torch.bfloat16)'],
    [operand('x', 'float32', '-Infinity', -0), 'torch.tensor([-float("inf"), -0.0]).reshape([2])'],
    [operand('x', 'float64', 'NaN'), 'torch.full([1], float("nan"), dtype=torch.float64)'],
    [
      operand('x', 'float64', 1 / 3, 1e300),
      'torch.tensor([0.3333333333333333, 1e+300], dtype=torch.float64).reshape([2])',
    ],
    [operand('x', 'int64', 3, -1), 'torch.tensor([3, -1]).reshape([2])'],
    [operand('x', 'int32', 3, -1), 'torch.tensor([3, -1], dtype=torch.int32).reshape([2])'],
    [operand('x', 'bool', 1, 0), 'torch.tensor([True, False]).reshape([2])'],
    [operand('x', 'float32'), 'torch.tensor([]).reshape([0])'],
    [operand('x', 'int64'), 'torch.tensor([], dtype=torch.int64).reshape([0])'],
    [operand('x', 'bool'), 'torch.tensor([], dtype=torch.bool).reshape([0])'],
  ])('%#', (given, text) => expect(literal(given)).toBe(text));
});

it('a call by places picks the result that fails, and says what is seen', () => {
  const lines = torchScript(norm, 'NaN').trimEnd().split('\n');
  expect(lines[0]).toBe(
    '# torch 2.15.0: aten.native_layer_norm.default on cpu gives NaN where 0.25 is expected',
  );
  expect(lines[1]).toBe('# Seen with torch 2.15.0, Python 3.12.1, Linux, cpu.');
  expect(lines).toContain('out = torch.ops.aten.native_layer_norm.default(input, [2], 1e-05)');
  expect(lines).toContain('out = out if isinstance(out, torch.Tensor) else out[0]');
  expect(lines).toContain('seen = out.flatten()[1].item()');
  expect(lines).toContain('expected = 0.25  # the same call in float64 on the CPU');
  expect(lines).toContain('right = math.isfinite(seen)');
  expect(lines.length).toBeLessThanOrEqual(30);
});

it('a call by names moves what it is given to the device', () => {
  const text = torchScript(attention, 'NaN');
  expect(text).toContain("query = torch.full([2], 0.0, dtype=torch.float16).to('mps')");
  expect(text).toContain('scaled_dot_product_attention(query=query, is_causal=True)\nseen');
});

it('a wrong number is held at what roundings explain', () => {
  const found = { ...norm, got: 0.3 };
  expect(torchScript(found, 'number')).toContain(
    'right = abs(seen - expected) <= 0.000001  # What roundings explain.',
  );
  expect(torchWords(found, 'number').title).toMatch(/gives 0\.3 where 0\.25 is expected$/);
});

it('what float64 gives as well is no fault of the kernel', () => {
  const found: ReducedCall = { ...norm, expected: 'Infinity' };
  const { seen, basis } = torchWords(found, 'Inf');
  expect(seen).toBe('Inf, and so it is in float64');
  expect(basis).toMatch(/: what is wrong is what goes in$/);
  expect(torchScript(found, 'Inf')).toContain('expected = float("inf")  # ');
});

// Node in the place of Python: what is tested is what is made of an exit code and of the last line.
it.each([
  [1, 'FAIL: NaN', 1],
  [0, 'PASS', 0],
  [1, 'Traceback', null],
  [0, 'FAIL: NaN', null],
  [2, 'FAIL: NaN', null],
  [0, '', null],
])('a script that leaves %d and ends with "%s" says %s', async (code, line, said) => {
  const path = join(mkdtempSync(join(tmpdir(), 'torch-script-')), 'script.mjs');
  writeFileSync(path, `console.log('first');\nconsole.log('${line}');\nprocess.exit(${code});\n`);
  expect(await runScript(process.execPath, path)).toBe(said);
});

it('a run whose Python is gone is refused before anything is made', async () => {
  const fault = { lane: { decision: { torch: { python: '/gone/python', device: 'cpu' } } } } as never;
  const place = { run: 'runs/a', folder: '/gone/reduced', budget: 1, command: '' };
  await expect(reduceTorchRun(fault, place, {} as never)).rejects.toMatchObject({
    ...{ code: 'torch/no-python', exitCode: 3 },
    message: expect.stringContaining('the Python at /gone/python'),
  });
});
