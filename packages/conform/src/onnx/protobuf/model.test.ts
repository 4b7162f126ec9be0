/** The reader of ONNX files beside files that the onnx package wrote (golden/onnx-layout), and beside what is left of them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toFloat64, toIntegers } from '@nanscope/safetensors';
import { describe, expect, it } from 'vitest';
import { readModel } from './model.ts';
import { Malformed, readTensor } from './tensor.ts';

const golden = fileURLToPath(new URL('../../../../../golden/onnx-layout', import.meta.url));
const bytesOf = (name: string, file: string) =>
  new Uint8Array(readFileSync(`${golden}/test_attention_${name}/${file}`));
const model = (name: string) => readModel(bytesOf(name, 'model.onnx'));

describe('readModel', () => {
  it('reads the node: names by position, empty ones as such, attributes with their types', () => {
    const { nodes, opsets, inputs, outputs } = model('mode_1');
    expect([...opsets]).toEqual([['', 25]]);
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({
      operator: 'Attention',
      domain: '',
      inputs: ['Q', 'K', 'V', 'attn_mask'],
    });
    expect(nodes[0]!.outputs).toEqual(['Y', '', '', 'qk_matmul_output']);
    expect(Object.fromEntries(nodes[0]!.attributes)).toEqual({
      is_causal: { type: 'INT', value: 1 },
      qk_matmul_output_mode: { type: 'INT', value: 1 },
      softcap: { type: 'FLOAT', value: 0.5 },
    });
    expect([inputs, outputs]).toEqual([
      ['Q', 'K', 'V', 'attn_mask'],
      ['Y', 'qk_matmul_output'],
    ]);
  });

  it('reads initializers and constants', () => {
    expect(model('initializer_mask').initializers.get('attn_mask')).toMatchObject({
      dtype: 'F32',
      shape: [3, 5],
    });
    const [constant] = model('constant_mask').nodes;
    expect(constant!.attributes.get('value')!.tensor).toMatchObject({ dtype: 'BOOL', shape: [3, 5] });
  });

  it('reads a negative number', () => {
    const bytes = Uint8Array.of(0x42, 13, 0x0a, 0, 0x10, ...Array(9).fill(0xff), 0x01, 0x3a, 0);
    expect(readModel(Uint8Array.of(...bytes)).opsets.get('')).toBe(-1);
  });
});

describe('readTensor', () => {
  it.each(['float16', 'bfloat16', 'double'])('reads %s from lists and from raw bytes', (dtype) => {
    for (const name of [dtype, `${dtype}_lists`]) {
      const tensor = readTensor(bytesOf(name, 'test_data_set_0/input_0.pb'));
      expect(tensor.shape).toEqual([2, 2, 3, 4]);
      const values = toFloat64(tensor);
      expect(values).toHaveLength(48);
      expect(values.every((x) => Math.abs(x) <= 1.5)).toBe(true);
      expect(new Set(values).size).toBeGreaterThan(30);
    }
  });

  it('reads bool and int64 lists', () => {
    const mask = readTensor(bytesOf('lists_bool', 'test_data_set_0/input_3.pb'));
    expect(mask).toMatchObject({ name: 'attn_mask', dtype: 'BOOL', shape: [3, 5] });
    expect(new Set(mask.data)).toEqual(new Set([0, 1]));
    const lengths = readTensor(bytesOf('nonpad_zero_length', 'test_data_set_0/input_3.pb'));
    expect(Array.from(toIntegers(lengths))).toEqual([0, 3]);
  });
});

it('every file cut off anywhere is malformed, or a shorter file that says so by its size', () => {
  for (const file of ['model.onnx', 'test_data_set_0/input_0.pb']) {
    const whole = bytesOf('initializer_keys_lists', file);
    const parse = file === 'model.onnx' ? readModel : readTensor;
    const kept = [];
    for (let length = 0; length < whole.length; length++) {
      try {
        parse(whole.slice(0, length));
        kept.push(length);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
    // Cut between two whole fields of a message there is nothing to see: opset and names come last.
    expect(kept.length).toBeLessThan(4);
  }
});

it('the golden files are those that their maker wrote', () => {
  const manifest = JSON.parse(readFileSync(`${golden}/manifest.json`, 'utf8')) as {
    cases: number;
    sha256: string;
  };
  const paths = readdirSync(golden, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /^test_.*\.(onnx|pb)$/.test(path));
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(`${golden}/${path}`));
  expect(new Set(paths.map((path) => path.split('/')[0])).size).toBe(manifest.cases);
  expect(hash.digest('hex')).toBe(manifest.sha256);
});
