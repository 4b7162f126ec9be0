import { describe, expect, it } from 'vitest';
import { toEvalConfig } from './eval-config.ts';
import { evalFlags } from './eval-flags.ts';
import { policyOf, policyRecord } from './policy.ts';
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

  it('offers the nearest name for a fill that is not known', () => {
    expect(() => policy({ fill: 'select-inff' })).toThrow(/select-inf/);
  });
});
