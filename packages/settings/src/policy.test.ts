import { maskedRow, policies, presetNames } from '@nanscope/attention';
import { describe, expect, it } from 'vitest';
import { toEvalConfig } from './configs.ts';
import { evalFlags } from './eval-flags.ts';
import { isUnguarded, policyOf, policyRecord } from './policy.ts';
import { resolveFlags } from './resolve-flags.ts';

const policy = (given: Record<string, unknown>) =>
  policyOf(toEvalConfig(resolveFlags(evalFlags, given, undefined)));

describe('the policy of a configuration', () => {
  it('is the preset, with what was given over it', () => {
    expect(policyRecord(policy({}))).toMatchObject({ name: 'safe', fill: 'select -inf', rowGuard: 'zeros' });
    const over = policyRecord(policy({ 'row-guard': 'self', fill: 'finfo-min', 'compute-dtype': 'f16' }));
    expect(over).toMatchObject({ rowGuard: 'self', computeDtype: 'f16' });
    expect(over.fill).toMatch(/finfo-min$/);
  });

  it.each([
    ['-1e9', -1e9],
    ['select -inf', Number.NEGATIVE_INFINITY],
    ['additive -inf', Number.NEGATIVE_INFINITY],
    ['additive:-1e4', -1e4],
  ])('takes --fill "%s"', (fill, value) => {
    expect(policy({ fill }).fill.value).toBe(value);
  });

  it.each(presetNames)(
    'of a record of %s says whether a row without a key is NaN, as attention does',
    (name) => {
      const own = policies[name];
      // Without causality only a row of nothing but padding has none.
      const broken = maskedRow(own) === 'nan' || own.compose === 'causal-dropped';
      expect(isUnguarded(policyRecord(own))).toBe(broken);
    },
  );

  it('offers the nearest name for a fill that is not known', () => {
    expect(() => policy({ fill: 'select-inff' })).toThrow(/select-inf/);
  });

  it('the record says where scores are rounded in half, and nothing of it in float32', () => {
    expect(policyRecord(policy({ policy: 'transformers-5-eager' }))).not.toHaveProperty('scoreRounding');
    const half = (name: string) => policyRecord(policy({ policy: name, 'compute-dtype': 'f16' }));
    expect(half('transformers-5-eager').scoreRounding).toBe('before-scale');
    expect(half('transformers-5-sdpa').scoreRounding).toBe('never');
    expect(half('safe').scoreRounding).toBe('after-scale');
  });

  it('the record names settings of the model that the policy drops, where the model has them', () => {
    const changed = ['scale_attn_weights: false', 'scale_attn_by_inverse_layer_idx: true'];
    const dropping = policy({ policy: 'transformers-4.57-sdpa' });
    expect(policyRecord(dropping, changed).dropped).toEqual(changed);
    expect(policyRecord(dropping, [])).not.toHaveProperty('dropped');
    expect(policyRecord(policy({ policy: 'transformers-5-sdpa' }), changed)).not.toHaveProperty('dropped');
  });
});
