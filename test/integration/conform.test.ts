/** `nanscope conform` as a process: exit codes, the report, JSON, filters, devices that fail, and every kind of bad vector. */
import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConformResultRecord } from '@nanscope/record';
import {
  float32Tensor,
  integerTensor,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';
import { describe, expect, it } from 'vitest';
import { fixture, run, workspace } from './cli.ts';

const { at } = workspace();
const golden = fixture('../../golden/onnx-layout');
const wasm = ['conform', '--device', 'wasm', '--attn', 'sdpa'];
const altered = (name: string) => [
  ...[
    'conform',
    '--backend',
    fixture(`./fixtures/${name}-backend.ts`),
    '--device',
    'mirror',
    '--attn',
    'eager',
  ],
];

async function conform(...args: string[]) {
  const ended = await run([...args, '--json']);
  return { ...ended, result: JSON.parse(ended.stdout) as ConformResultRecord };
}

describe('a backend that conforms', () => {
  it('passes relations, with every control refuted: exit 0, JSON alone on standard output', async () => {
    const { code, result, stderr } = await conform(...wasm, '--filter', 'metamorphic:');
    expect(code).toBe(0);
    expect(result).toMatchObject({
      schema: 'nanscope-conform/1',
      implementation: 'sdpa',
      status: 'complete',
      verdict: { code: 'conforms', exitCode: 0 },
    });
    expect(result.counts).toMatchObject({ pass: result.cases.length, fail: 0, refused: 0, notRun: 0 });
    for (const { id, accuracy, comparisons, controls } of result.cases) {
      expect([id, comparisons.length > 0, accuracy !== '']).toEqual([id, true, true]);
      expect([id, controls.length > 0, controls.every(({ refuted }) => refuted)]).toEqual([id, true, true]);
    }
    expect(stderr).toMatch(/cases/);
  });

  it('passes vectors in the layout of ONNX; the report names suites and the tolerance', async () => {
    const { code, stdout } = await run([...wasm, '--vectors', golden, '--filter', 'onnx:*']);
    expect(stdout).toMatch(/onnx +48 +48 +0 +0 +[\d.]+ %/);
    expect(stdout).toMatch(/minimum required tolerance/);
    expect(code).toBe(0);
  });

  it('writes a tolerance that is not a number as its name', async () => {
    const folder = at('expanded');
    mkdirSync(join(folder, 'test_attention_expanded', 'test_data_set_0'), { recursive: true });
    writeFileSync(join(folder, 'test_attention_expanded', 'model.onnx'), graphOf('Identity', 'Identity'));
    const { code, result } = await conform(...wasm, '--vectors', folder, '--filter', 'onnx:');
    expect(result.cases[0]).toMatchObject({ status: 'refused', required: 'NaN', allowed: 'NaN' });
    expect(result.cases[0]!.reason).toMatch(/written out as 2 nodes/);
    // Nothing was compared, which is no pass.
    expect([code, result.verdict.code]).toEqual([1, 'nothing-compared']);
  });
});

describe('a backend that does not', () => {
  it('fails where its kernel is wrong, and names what it lacks: exit 1', async () => {
    const { code, result } = await conform(
      ...altered('wrong-product'),
      '--filter',
      '*mask=left-padding;size=small',
    );
    expect([code, result.verdict.code]).toEqual([1, 'cases-failed']);
    const failed = result.cases.filter(({ status }) => status === 'fail');
    expect(failed.length).toBeGreaterThan(10);
    expect(failed[0]!.reason).toMatch(/out: .* expected .*, allowed error/);
    expect(result.cases.filter(({ status }) => status === 'refused').map(({ reason }) => reason)).toEqual(
      Array(4).fill('the backend mirror has no kernel that rounds to float16'),
    );
  });

  it('keeps what it had when its process is killed: exit 1, and the case it was at', async () => {
    const { code, result, stderr } = await conform(...altered('crashing'), '--filter', 'oracle:');
    expect([code, result.status, result.verdict.code]).toEqual([1, 'crashed', 'lane-failed']);
    expect(result.counts.pass).toBeGreaterThan(5);
    expect(result.counts.notRun).toBe(result.counts.cases - result.cases.length);
    expect(result.verdict.next).toContain('oracle:policy=');
    expect(stderr.split('\n').filter((line) => line.includes('SIGKILL'))).toHaveLength(1);
  });

  it('is not there: exit 3', async () => {
    const { code, stdout, stderr } = await run(['conform', '--device', 'metal', '--filter', 'metamorphic:']);
    if (process.platform === 'darwin') return expect(code).toBe(0);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/--device metal looks for/);
  });
});

it('ends at a failure with --bail, and runs again what failed before', async () => {
  const wrong = altered('wrong-product');
  const ended = await conform(...wrong, '--filter', '*mask=left-padding;size=small', '--bail');
  const { counts, verdict, cases } = ended.result;
  expect(counts).toMatchObject({ fail: 1, notRun: counts.cases - cases.length });
  expect(counts.notRun).toBeGreaterThan(0);
  expect(verdict).toMatchObject({ code: 'cases-failed', exitCode: 1 });
  expect(verdict.sentence).toContain(`${counts.notRun} not run (--bail)`);
  const file = at('failed.json');
  writeFileSync(file, ended.stdout);
  const again = await conform(...wrong, '--last-failed', file);
  expect(again.result.cases.map(({ id }) => id)).toEqual([cases.at(-1)!.id]);
});

it('a filter that selects nothing is a mistake in one line: exit 2', async () => {
  const { code, stdout, stderr } = await run([...wasm, '--filter', 'oracel:*']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.split('\n').filter((line) => line.startsWith('nanscope:'))).toEqual([
    expect.stringMatching(/--filter oracel:\*: expected a part of a case id/),
  ]);
});

describe('bad vectors', () => {
  const bad = at('bad');
  /** A copy of a golden case that is then spoiled. */
  const copy = (name: string, from = 'mode_1') => {
    const folder = join(bad, `test_${name}`);
    cpSync(join(golden, `test_attention_${from}`), folder, { recursive: true });
    return {
      model: join(folder, 'model.onnx'),
      data: (file: string) => join(folder, 'test_data_set_0', file),
    };
  };
  const entry = (name: string, changes: object = {}) => ({
    name,
    op: 'Attention',
    opset: { 'ai.onnx': 23 },
    attributes: {},
    node_inputs: ['Q', 'K', 'V'],
    node_outputs: ['Y'],
    inputs: [],
    outputs: [],
    file: `${name}.safetensors`,
    ...changes,
  });
  const tensor = () => float32Tensor([1, 1, 2, 2], Float32Array.of(1, 2, 3, 4));

  it('are one line each, and the other cases still run: exit 2', async () => {
    copy('good');
    truncateSync(copy('truncated_model').model, 100);
    truncateSync(copy('truncated_tensor').data('input_1.pb'), 150);
    writeFileSync(copy('operator').model, graphOf('Softmax'));
    writeFileSync(copy('opset').model, graphOf('Attention'));
    const missing = copy('missing');
    for (const file of readdirSync(missing.data('.')).filter((name) => name.startsWith('output')))
      truncateSync(missing.data(file), 0);
    renameAttribute(copy('attribute').model, 'softcap', 'softcat');
    const lengths = join(golden, 'test_attention_nonpad', 'test_data_set_0', 'input_3.pb');
    cpSync(lengths, copy('dtype').data('input_2.pb'));
    const indexed = join(bad, 'indexed');
    mkdirSync(indexed, { recursive: true });
    const y = { ...tensor() };
    const files: [string, Record<string, SafetensorsTensor>, object?][] = [
      ['no_tensor', { Q: tensor(), K: tensor(), Y: y }],
      ['wrong_dtype', { Q: tensor(), K: tensor(), V: integerTensor([1, 1, 2, 2], [1, 2, 3, 4]), Y: y }],
      ['truncated_file', { Q: tensor(), K: tensor(), V: tensor(), Y: y }],
      ['attribute', { Q: tensor(), K: tensor(), V: tensor(), Y: y }, { attributes: { is_casual: 1 } }],
    ];
    for (const [name, tensors] of files)
      await writeSafetensors(join(indexed, `${name}.safetensors`), tensors);
    truncateSync(join(indexed, 'truncated_file.safetensors'), 120);
    writeFileSync(
      join(indexed, 'index.json'),
      JSON.stringify({ cases: files.map(([name, , changes]) => entry(name, changes)) }),
    );
    mkdirSync(join(bad, 'malformed'));
    writeFileSync(join(bad, 'malformed', 'index.json'), '{"cases": [');

    const { code, result, stderr } = await conform(...wasm, '--vectors', bad, '--filter', 'onnx:');
    expect([code, result.verdict.code]).toEqual([2, 'bad-vectors']);
    expect(result.cases.map(({ id, status }) => [id, status])).toEqual([['onnx:test_good', 'pass']]);
    const lines = stderr.split('\n').filter((line) => line.startsWith('nanscope:'));
    const said = (part: string) => lines.filter((line) => line.includes(part));
    const expected: [string, RegExp][] = [
      ['test_truncated_model', /model\.onnx: expected an ONNX model, found/],
      ['test_truncated_tensor', /input_1\.pb: expected a tensor, found/],
      ['test_operator', /expected the operator Attention of ai\.onnx, found Softmax/],
      ['test_opset', /expected opset 23 to 28.*, found 22/],
      ['test_missing', /output_0\.pb: expected a tensor, found/],
      ['test_attribute', /such as softcap\), found "softcat"/],
      ['test_dtype', /expected V to be F32 or F16 or BF16 or F64, found I64/],
      ['no_tensor.safetensors', /expected a tensor "V", found K, Q, Y/],
      ['wrong_dtype.safetensors', /expected V to be F32 or F16 or BF16 or F64, found I64/],
      ['truncated_file.safetensors', /truncated/],
      ['index.json, attribute', /such as is_causal\), found "is_casual"/],
      ['malformed', /index\.json: expected JSON, found/],
    ];
    for (const [part, message] of expected)
      expect(said(part), part).toEqual([expect.stringMatching(message)]);
    expect(lines).toHaveLength(expected.length);
    expect(result.badVectors).toHaveLength(expected.length);
  });

  it.each([
    ['a folder that is not there', () => at('nowhere'), /expected a folder, found nothing/],
    ['a folder without any', () => fixture('./fixtures'), /expected test vectors .* found none/],
  ])('%s: exit 2', async (_, folder, message) => {
    const { code, stdout, stderr } = await run([...wasm, '--vectors', folder()]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

/** A protobuf field of bytes. */
const field = (number: number, ...parts: (Uint8Array | string)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
};

/** A model of opset 22 with one node of each operator. */
function graphOf(...operators: string[]): Uint8Array {
  const nodes = operators.map((operator) => field(1, field(1, 'x'), field(2, 'y'), field(4, operator)));
  return Buffer.concat([field(7, ...nodes), field(8, field(1, ''), Uint8Array.of(0x10, 22))]);
}

function renameAttribute(file: string, from: string, to: string): void {
  const bytes = readFileSync(file);
  bytes.write(to, bytes.indexOf(from));
  writeFileSync(file, bytes);
}
