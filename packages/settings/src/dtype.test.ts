import { describe, expect, it } from 'vitest';
import { evalFlags } from './eval-flags.ts';
import { policyOf } from './policy.ts';
import { resolveFlags } from './resolve-flags.ts';

const resolved = (given: Record<string, string>) => resolveFlags(evalFlags, given, undefined);

describe('--dtype', () => {
  it('is float32 by default, and gives a tolerance of its own where none was asked for', () => {
    expect(resolved({})).toMatchObject({ dtype: 'f32', rtol: 1e-4 });
    expect(resolved({ dtype: 'bf16' })).toMatchObject({ rtol: 0.01 });
    expect(resolved({ dtype: 'f16' })).toMatchObject({ rtol: 0.002 });
    expect(resolved({ dtype: 'f16', rtol: '0.0001' })).toMatchObject({ rtol: 1e-4 });
  });

  it('is what attention computes in, and rounds scores as PyTorch does unless the policy says where', () => {
    expect(policyOf({ policy: 'safe' })).not.toHaveProperty('scoreRounding');
    expect(policyOf({ policy: 'safe', dtype: 'bf16' })).toMatchObject({
      computeDtype: 'bf16',
      scoreRounding: 'never',
    });
    expect(policyOf({ policy: 'safe', dtype: 'f16', attn: 'eager' })).toMatchObject({
      computeDtype: 'f16',
      scoreRounding: 'before-scale',
    });
    expect(policyOf({ policy: 'transformers-5-eager', dtype: 'f16' }).scoreRounding).toBe('before-scale');
  });

  it('beside attention in another dtype is refused', () => {
    expect(() => policyOf({ policy: 'safe', dtype: 'bf16', computeDtype: 'f16' })).toThrow(
      '--dtype bf16 and --compute-dtype f16: expected one dtype, found two.',
    );
    expect(policyOf({ policy: 'safe', dtype: 'f16', computeDtype: 'f16' }).computeDtype).toBe('f16');
  });
});
