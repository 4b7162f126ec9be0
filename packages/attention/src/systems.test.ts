import { describe, expect, it } from 'vitest';
import { referenceAttention } from './oracle/reference-attention.ts';
import { type MaskedRow, maskedRow } from './policy.ts';
import { policyFrom } from './policy-from.ts';
import { policies, presetNames } from './presets.ts';
import { policyHint, policyLike, systemsOf } from './systems.ts';

/** Query 0 of a causal row whose first key is a pad; `v` tells which keys it looked at. */
function oracleSays(policy: (typeof policies)[keyof typeof policies]): MaskedRow {
  const values = [1, 10, 100];
  const { out } = referenceAttention({
    ...{ B: 1, H: 1, Hkv: 1, T: 3, S: 3, D: 1, Dv: 1 },
    ...{ q: [1, 1, 1], k: [0, 0, 0], v: values, policy, mask: { padding: [0, 1, 1], causal: true } },
  });
  const first = out[0]!;
  if (Number.isNaN(first)) return 'nan';
  const near = (value: number) => Math.abs(first - value) < 1e-9;
  if (near(0)) return 'zeros';
  if (near(37)) return 'all-keys';
  if (near(55)) return 'future';
  // With one key before it, itself is all there is.
  expect(first).toBe(1);
  return policy.rowGuard === 'self' ? 'self' : 'earlier-keys';
}

describe('what a policy makes of a query without a key', () => {
  it.each(presetNames)('%s: as the float64 oracle computes it', (name) => {
    expect(maskedRow(policies[name])).toBe(oracleSays(policies[name]));
  });

  it.each(['none', 'zeros', 'self', 'attend-all'] as const)('and under every other guard: %s', (rowGuard) => {
    for (const preset of presetNames)
      for (const compose of ['and', 'add', 'causal-twice'] as const) {
        const policy = { ...policies[preset], ...policyFrom({ preset, rowGuard, compose }) };
        expect([policy.name, maskedRow(policy)]).toEqual([policy.name, oracleSays(policy)]);
      }
  });
});

describe('--like', () => {
  it.each([
    ['torch=2.4', 'torch-2.4'],
    ['torch=2.4.1,device=cuda', 'torch-2.4'],
    ['torch=1.13', 'torch-2.4'],
    ['torch=2.5', 'torch-2.5'],
    ['torch=2.8', 'torch-2.5'],
    ['torch=2.8,device=mps', 'torch-mps-2.8'],
    ['device=mps, torch=2.8.0', 'torch-mps-2.8'],
    ['torch=2.9,device=mps', 'torch-2.5'],
    ['torch=2.15.0a0+git', 'torch-2.5'],
    ['transformers=4.53,attn=eager', 'transformers-4.57-eager'],
    ['transformers=4.53', 'transformers-4.57-sdpa'],
    ['transformers=5.0,attn=eager,torch=2.4', 'transformers-5-eager'],
    ['torch=2.8,device=mps,attn=sdpa,transformers=4.53', 'torch-mps-2.8'],
    ['torch=2.8,attn=sdpa,transformers=4.53', 'transformers-4.57-sdpa'],
    ['torch=2.9,device=mps,transformers=5.24', 'transformers-5-sdpa'],
    ['onnx=1.23', 'onnx-1.23'],
    ['jax=0.4', 'jax'],
    ['tfjs=4.22.0', 'tfjs'],
  ])('%s is %s', (text, policy) => {
    const decision = policyLike(text);
    expect(decision.policy).toBe(policy);
    expect(decision.because).toContain(policy);
  });

  it('with transformers on a PyTorch before 2.5, fully masked rows are opened', () => {
    expect(policyLike('transformers=4.57,torch=2.4')).toMatchObject({
      policy: 'transformers-4.57-sdpa',
      rowGuard: 'attend-all',
    });
  });

  it('says which version was read where the one that was asked for was not', () => {
    expect(policyLike('transformers=4.53').because).toMatch(/4\.53 itself was not read.*4\.57\.6/);
    expect(policyLike('transformers=4.57').because).toMatch(/read in 4\.57\.6/);
  });

  it.each([
    ['2.8', /expected NAME=VALUE/],
    ['troch=2.8', /Did you mean torch\?/],
    ['torch=new', /expected a version of torch/],
    ['torch=2.8,device=gpu', /expected device one of cpu, cuda, mps, found "gpu"/],
    ['torch=2.8,attn=eager', /expected transformers=VERSION/],
    ['device=mps', /expected a system with its version/],
    ['torch=2.8,torch=2.9', /expected torch once/],
    ['jax=0.10,torch=2.8', /expected one system/],
    ['jax=0.10,device=mps', /expected jax alone/],
  ])('refuses %s', (text, message) => {
    expect(() => policyLike(text)).toThrow(message);
  });
});

describe('a policy that does not exist', () => {
  it.each([
    ['torch-2.8', /torch-2\.5 \(--like torch=2\.8\) or torch-mps-2\.8 \(--like torch=2\.8,device=mps\)/],
    ['torch-mps-2.7', /torch-2\.5 .* or torch-mps-2\.8 /],
    ['transformers-4.53', /transformers-4\.57-sdpa .* or transformers-4\.57-eager/],
    ['onnx-1.17', /onnx-1\.23/],
  ])('%s is answered by version', (name, hint) => {
    expect(policyHint(name)).toMatch(hint);
  });

  it.each(['saef', 'torch', 'mlx-0.2'])('%s names no system and version', (name) => {
    expect(policyHint(name)).toBeUndefined();
  });

  it.each(presetNames.filter((name) => name !== 'safe' && policies[name].compose !== 'causal-dropped'))(
    '%s stands for a system',
    (name) => {
      expect(systemsOf(name)).not.toBe('');
    },
  );
});
