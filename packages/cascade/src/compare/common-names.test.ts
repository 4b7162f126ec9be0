import { describe, expect, it } from 'vitest';
import { commonNames, type Placed, workOf } from './common-names.ts';

/** Records of one module from `kernel size`, `kernel:output size` for a further output of the same call. */
function records(path: string, ...ops: readonly string[]): Placed[] {
  const calls = new Map<string, number>();
  return ops.map((op) => {
    const [name, size] = op.split(' ') as [string, string];
    const [kernel, output = '0'] = name.split(':') as [string, string?];
    const call = output === '0' ? (calls.get(kernel) ?? -1) + 1 : calls.get(kernel)!;
    calls.set(kernel, call);
    const key = `forward/${path}/${kernel}#${call}:${output}`;
    return { ...{ key, path, kernel, call }, output: Number(output), phase: 'forward', size: Number(size) };
  });
}

/** Pairs of own keys that got the same name, without what they have in common. */
function pairs(target: readonly Placed[], reference: readonly Placed[]): string[] {
  const names = commonNames(target, reference);
  const owners = new Map([...names.reference].map(([own, common]) => [common, own]));
  const short = (key: string) => key.replace(/^forward\/[^/]*\//, '');
  return [...names.target].map(
    ([own, common]) => `${short(own)} = ${short(owners.get(common)!)} as ${short(common)}`,
  );
}

describe('workOf', () => {
  it.each([
    ['addmm', 'linear'],
    ['linear', 'linear'],
    ['_scaled_dot_product_flash_attention_for_cpu', 'attention'],
    ['_scaled_dot_product_attention_math_for_mps', 'attention'],
    ['_scaled_dot_product_flash_attention_for_cpu_backward', 'attention_backward'],
    ['add.Tensor', 'add.Tensor'],
    ['_softmax', '_softmax'],
  ])('%s does %s', (kernel, work) => {
    expect(workOf(kernel)).toBe(work);
  });
});

describe('commonNames', () => {
  it('a kernel of another device or version is the same work', () => {
    const cpu = records('attn', 'addmm 6', '_scaled_dot_product_flash_attention_for_cpu 4', 'addmm 2');
    const mps = records('attn', 'linear 6', '_scaled_dot_product_attention_math_for_mps 4', 'linear 2');
    expect(pairs(cpu, mps)).toEqual([
      'addmm#0:0 = linear#0:0 as linear#0:0',
      '_scaled_dot_product_flash_attention_for_cpu#0:0 = _scaled_dot_product_attention_math_for_mps#0:0 as attention#0:0',
      'addmm#1:0 = linear#1:0 as linear#1:0',
    ]);
  });

  it('calls of two kernels of one work are counted together', () => {
    expect(pairs(records('mlp', 'mm 6', 'addmm 2'), records('mlp', 'addmm 6', 'addmm 2'))).toEqual([
      'mm#0:0 = addmm#0:0 as linear#0:0',
      'addmm#0:0 = addmm#1:0 as linear#1:0',
    ]);
  });

  it('ops that one lane alone has move no name of the others, and have none', () => {
    const [own, other] = [
      records('norm', 'pow 4', 'mul 4', 'mul 4', 'tanh 4'),
      records('norm', 'pow 4', 'neg 4', 'mul 4', 'tanh 4'),
    ];
    const found = pairs(own, other);
    expect(found).toHaveLength(3);
    expect(found.at(-1)).toBe('tanh#0:0 = tanh#0:0 as tanh#0:0');
    expect(commonNames(own, other).reference.has('forward/norm/neg#0:0')).toBe(false);
  });

  it('another size is another thing, and another module as well', () => {
    expect(pairs(records('mlp', 'tanh 4'), records('mlp', 'tanh 8'))).toEqual([]);
    expect(pairs(records('mlp', 'tanh 4'), records('attn', 'tanh 4'))).toEqual([]);
  });

  it('a module that computes token after token has thousands of ops, and takes no longer for it', () => {
    const steps = Array.from({ length: 50_000 }, (_, i) => `${i % 2 ? 'mul' : 'add'} 4`);
    const [own, other] = [
      records('mixer', ...steps, 'tanh 4'),
      records('mixer', ...steps, 'neg 4', 'tanh 4'),
    ];
    expect(commonNames(own, other).target.size).toBe(own.length);
    // Too far apart for one table: they have nothing in common, and nothing is said of them.
    const reversed = records('mixer', 'neg 4', ...steps, 'exp 4');
    expect(commonNames(own, reversed).target.size).toBe(0);
  });

  it('outputs of one call stay with it', () => {
    const norm = ['native_layer_norm 4', 'native_layer_norm:1 2', 'native_layer_norm:2 2'];
    expect(pairs(records('ln', 'exp 4', ...norm), records('ln', ...norm))).toEqual([
      'native_layer_norm#0:0 = native_layer_norm#0:0 as layer_norm#0:0',
      'native_layer_norm#0:1 = native_layer_norm#0:1 as layer_norm#0:1',
      'native_layer_norm#0:2 = native_layer_norm#0:2 as layer_norm#0:2',
    ]);
  });

  it('what is made by other ops is the same where it holds the same numbers', () => {
    const [own, other] = [
      records('attn', 'where.self 8', 'full 8', 'bmm 4'),
      records('attn', 'zeros_like 8', 'masked_fill_.Scalar 8', 'bmm 4'),
    ];
    const same = (at: number, sum: string) => (record: Placed, i: number) =>
      i === at ? { ...record, same: sum } : record;
    expect(pairs(own.map(same(0, 'a')), other.map(same(1, 'a')))).toContain(
      'where.self#0:0 = masked_fill_.Scalar#0:0 as where.self#0:0',
    );
    expect(pairs(own.map(same(0, 'a')), other.map(same(1, 'b')))).toHaveLength(1);
  });
});
