import { type ReferenceProblem, referenceAttention, referenceForward, safePolicy } from '@nanscope/attention';
import { describe, expect, it } from 'vitest';
import { type TorchTensor, torchCases } from './judge.ts';

const cases = torchCases('cpu');
const named = (name: string) => cases.find(({ id }) => id === `torch:${name};backend=own`)!;

/** What a kernel gives that does what it is asked, or leaves out a part of it. */
function problemOf(name: string, { masked = true, causal = true } = {}): ReferenceProblem {
  const { query, key, value, attn_mask, is_causal } = named(name).call.arguments as Record<
    string,
    { shape: number[]; values: Float32Array; type: string }
  >;
  const [B, H, T, D] = query!.shape as [number, number, number, number];
  const [, Hkv, S] = key!.shape as [number, number, number];
  const mask = {
    ...(is_causal && causal && { causal: true, offset: 0 }),
    ...(attn_mask &&
      masked && {
        explicit: { ...attn_mask, dtype: attn_mask.type as 'bool' | 'float32' },
      }),
  };
  return {
    ...{ B, H, Hkv, T, S, D, Dv: value!.shape[3]! },
    ...{ q: query!.values, k: key!.values, v: value!.values, mask },
    policy: { ...safePolicy, clearMasked: false },
  };
}

const answerOf = (name: string, how?: Parameters<typeof problemOf>[1]): ArrayLike<number> =>
  referenceForward(problemOf(name, how)).out;

const judged = (name: string, values: ArrayLike<number>) => named(name).judge({ id: '', answer: { values } });

/** With its gradients, of which `change` may be made. */
function differentiated(name: string, change: (gradients: Record<'dq' | 'dk' | 'dv', Float64Array>) => void) {
  const { out, dq, dk, dv } = referenceAttention(problemOf(name));
  change({ dq, dk, dv });
  const gradients = [dq, dk, dv].map((values) => ({ values }));
  return named(name).judge({ id: '', answer: { values: out }, gradients });
}

describe("the cases of PyTorch's attention", () => {
  const quick = cases.filter(({ id, call }) => id.endsWith('own') && !id.includes('3100') && !call.gradients);

  it('each is passed by what does as it is asked', () => {
    for (const { id } of quick) {
      const name = id.slice('torch:'.length, id.indexOf(';'));
      expect(judged(name, answerOf(name)), id).toMatchObject({ status: 'pass', tensors: [{ passed: true }] });
    }
    expect(quick.length).toBe(21);
  });

  it('one without its mask, or without the causal order, is failed by it', () => {
    for (const name of ['masked-row-bool', 'masked-row-float', 'broadcast-mask', 'seven-queries'])
      expect(judged(name, answerOf(name, { masked: false })).status).toBe('fail');
    for (const name of ['causal-f16', 'causal-bf16', 'mask-and-causal', 'float-mask-and-causal'])
      expect(judged(name, answerOf(name, { causal: false })).status, name).toBe('fail');
    for (const name of ['mask-and-causal', 'float-mask-and-causal'])
      expect(judged(name, answerOf(name, { masked: false })).status, name).toBe('fail');
  });

  it('a NaN where a row without a key gives zeros is named by its place', () => {
    const values = Float64Array.from(answerOf('masked-row-bool'));
    values[(16 + 2) * 64 + 5] = Number.NaN;
    const { status, reason, known, required } = judged('masked-row-bool', values);
    expect({ status, required }).toEqual({ status: 'fail', required: Number.POSITIVE_INFINITY });
    expect(reason).toBe('expected 0 at row 0, head 1, query 2, channel 5, found nan');
    expect(known).toMatch(/before 2\.5/);
  });

  it('a NaN that is lost is failed', () => {
    const values = answerOf('nan-in-q');
    expect(values[0]).toBeNaN();
    const lost = Float64Array.from(values, (value) => (Number.isNaN(value) ? 0 : value));
    expect(judged('nan-in-q', lost)).toMatchObject({ status: 'fail' });
  });

  it('gradients are judged by their own numbers, each named', () => {
    const names = cases.flatMap(({ id, call }) =>
      call.gradients && id.endsWith('own') ? [id.slice('torch:'.length, id.indexOf(';'))] : [],
    );
    expect(names).toHaveLength(11);
    for (const name of names)
      expect(
        differentiated(name, () => {}),
        name,
      ).toMatchObject({ status: 'pass' });
    const { status, reason, tensors } = differentiated('masked-row-bool-backward', ({ dk }) => {
      dk[64 * 16 + 4 * 64 + 7]! += 1;
    });
    expect(status).toBe('fail');
    expect(reason).toMatch(/^dk: expected \S+ at row 0, head 1, key 4, channel 7, found/);
    expect(tensors.map(({ name, passed }) => [name, passed])).toEqual([
      ...[
        ['out', true],
        ['dq', true],
        ['dk', false],
        ['dv', true],
      ],
    ]);
  });

  it('a row that is filled as a whole counts as one row', () => {
    const { status, known } = differentiated('masked-row-finite-fill-backward', ({ dv }) => {
      for (let i = 0; i < dv.length; i++) dv[i]! += 15 / 16;
    });
    expect(status).toBe('fail');
    expect(known).toMatch(/flash on cpu/);
  });

  it('gradients that are not given are failed', () => {
    const { out } = referenceAttention(problemOf('plain-backward'));
    expect(judged('plain-backward', out)).toMatchObject({ status: 'fail' });
  });

  it('a finite fill gives the mean of the values', () => {
    const { value } = named('masked-row-finite-fill').call.arguments as Record<
      string,
      { values: Float32Array }
    >;
    const mean = Array.from({ length: 16 }, (_, s) => value!.values[s * 64]!).reduce((a, b) => a + b) / 16;
    expect(answerOf('masked-row-finite-fill')[0]).toBeCloseTo(mean, 6);
  });

  it('of many queries those are judged where the order may be lost', () => {
    const { shape, values } = named('3100-half-queries').call.arguments.query as TorchTensor;
    expect(shape).toEqual([1, 1, 3100, 40]);
    const { status, tensors, reason } = judged('3100-half-queries', new Float32Array(values.length));
    expect({ status, compared: tensors[0]!.compared }).toEqual({ status: 'fail', compared: 48 * 40 });
    expect(reason).toMatch(/row 0, head 0, query \d+, channel \d+, found 0$/);
  });

  it('a control that is refused, and a call that fails or says nothing, is no pass', () => {
    const plain = (backend: string) => cases.find(({ id }) => id === `torch:plain;backend=${backend}`)!;
    expect(plain('own').judge({ id: '', refused: 'no kernel' })).toMatchObject({
      ...{ status: 'fail', reason: 'no kernel' },
    });
    expect(plain('flash').judge({ id: '', refused: 'no kernel' }).status).toBe('refused');
    expect(named('grouped-queries').judge({ id: '', failed: 'out of memory' })).toMatchObject({
      ...{ status: 'fail', reason: 'out of memory' },
    });
    expect(named('grouped-queries').judge({ id: '' })).toMatchObject({
      ...{ status: 'fail', reason: 'it gave no answer' },
    });
  });

  it('only what is about a row without a key has one', () => {
    const about = /masked-row|odd-head/;
    for (const { call, id } of cases) {
      const mask = call.arguments.attn_mask as TorchTensor | undefined;
      if (!mask || !id.endsWith('own')) continue;
      const S = mask.shape.at(-1)!;
      const seen = (value: number) => (mask.type === 'bool' ? value === 1 : value > -1e38);
      const empty = Array.from({ length: mask.values.length / S }, (_, row) =>
        mask.values.subarray(row * S, (row + 1) * S).some(seen),
      ).includes(false);
      if (!id.includes('1024')) expect(empty, id).toBe(about.test(id));
    }
  });

  it('what is refused says why, and forces what the device has', () => {
    expect(named('grouped-queries').judge({ id: '', refused: 'no enable_gqa' })).toMatchObject({
      ...{ status: 'refused', reason: 'no enable_gqa', why: 'most models of today share keys among heads' },
    });
    expect(torchCases('mps')).toHaveLength(33);
    expect(cases).toHaveLength(99);
    expect(torchCases('cuda:1')).toHaveLength(165);
  });
});
