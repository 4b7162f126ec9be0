import { UserError } from '@nanscope/errors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readModel } from '../../onnx/protobuf/model.ts';
import { biasOf, isOperatorsCausal } from './call.ts';
import { onnxruntimeImplementation } from './onnxruntime.ts';
import { writeModel } from './write-model.ts';

const problem = {
  ...{ B: 1, H: 1, Hkv: 1, T: 2, S: 3, D: 1, Dv: 1, q: [1, 1], k: [1, 1, 1], v: [1, 1, 1] },
  policy: {
    name: 'any',
    fill: { how: 'additive', value: -Infinity },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
  },
} as const;

describe('an operator as a model', () => {
  it('is read back as it was written', () => {
    const bytes = writeModel({
      ...{ operator: 'Attention', domain: '', opset: 23 },
      attributes: { is_causal: { int: 1 }, scale: { float: 0.5 } },
      inputs: [
        { name: 'Q', dtype: 'F32', shape: [1, 2, 3, 4] },
        undefined,
        { name: 'V', dtype: 'F16', shape: [1] },
      ],
      outputs: [{ name: 'Y', dtype: 'F32' }, undefined, { name: 'present_value', dtype: 'F32' }],
    });
    const { nodes, opsets, inputs, outputs } = readModel(bytes);
    expect([...opsets]).toEqual([['', 23]]);
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({ operator: 'Attention', domain: '', inputs: ['Q', '', 'V'] });
    expect(nodes[0]!.outputs).toEqual(['Y', '', 'present_value']);
    expect(Object.fromEntries(nodes[0]!.attributes)).toEqual({
      is_causal: { type: 'INT', value: 1 },
      scale: { type: 'FLOAT', value: 0.5 },
    });
    expect([inputs, outputs]).toEqual([
      ['Q', 'V'],
      ['Y', 'present_value'],
    ]);
  });
});

describe('a mask as one array', () => {
  const no = Number.NEGATIVE_INFINITY;
  const values = (mask: object, causal = true) => biasOf({ ...problem, mask }, causal)?.values;

  it('holds padding, causality, window and a mask of its own together', () => {
    expect(values({})).toBeUndefined();
    expect(values({ causal: true })).toEqual([0, 0, no, 0, 0, 0]);
    expect(values({ causal: true }, false)).toBeUndefined();
    expect(values({ causal: true, offset: 0 })).toEqual([0, no, no, 0, 0, no]);
    expect(values({ padding: [0, 1, 1] })).toEqual([no, 0, 0, no, 0, 0]);
    expect(values({ window: 1 })).toEqual([no, 0, 0, no, no, 0]);
    const explicit = { values: [1, no, 2], shape: [3], dtype: 'float32' };
    expect(values({ explicit, padding: [0, 1, 1] })).toEqual([no, no, 2, no, no, 2]);
  });

  it('leaves causality to the operator only where its diagonal ends at the cache', () => {
    expect(isOperatorsCausal({ ...problem, mask: { causal: true } })).toBe(false);
    expect(isOperatorsCausal({ ...problem, past: 1, mask: { causal: true } })).toBe(true);
    expect(isOperatorsCausal({ ...problem, mask: { causal: true, offset: 0 } })).toBe(true);
  });
});

describe('the library', () => {
  afterEach(() => vi.doUnmock('onnxruntime-node'));

  it('is asked for by name where it is missing: one line, exit 3', async () => {
    vi.doMock('onnxruntime-node', () => {
      throw new Error('Cannot find package');
    });
    const error = await onnxruntimeImplementation('onnxruntime', 'cpu').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'conform/no-onnxruntime', exitCode: 3 });
    expect((error as UserError).message).toMatch(
      /^onnxruntime-node cannot be loaded .*Install it: pnpm add onnxruntime-node@/,
    );
  });

  it('without the provider: one line, exit 3', async () => {
    vi.doMock('onnxruntime-node', () => ({
      listSupportedBackends: () => [{ name: 'cpu', bundled: true }],
      env: { versions: { common: '1' } },
    }));
    await expect(onnxruntimeImplementation('onnxruntime-mha', 'webgpu')).rejects.toMatchObject({
      exitCode: 3,
    });
  });
});
