import { UserError } from '@nanscope/errors';
import { describe, expect, it } from 'vitest';
import { FLOAT16_MIN, FLOAT32_MIN } from './policy.ts';
import { policyFrom } from './policy-from.ts';
import { policies, presetNames } from './presets.ts';

describe('policyFrom', () => {
  it('is safe by default', () => {
    expect(policyFrom()).toEqual({
      name: 'safe',
      fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
      compose: 'and',
      rowGuard: 'zeros',
      computeDtype: 'f32',
      clearMasked: true,
    });
  });

  it.each([
    ['select-inf', 'select', Number.NEGATIVE_INFINITY],
    ['select -inf', 'select', Number.NEGATIVE_INFINITY],
    ['additive-inf', 'additive', Number.NEGATIVE_INFINITY],
    ['additive -inf', 'additive', Number.NEGATIVE_INFINITY],
    ['additive:-Infinity', 'additive', Number.NEGATIVE_INFINITY],
    ['finfo-min', 'select', FLOAT32_MIN],
    ['select finfo-min', 'select', FLOAT32_MIN],
    ['additive-finfo-min', 'additive', FLOAT32_MIN],
    ['additive finfo-min', 'additive', FLOAT32_MIN],
    ['select:-1e9', 'select', -1e9],
    ['additive:-10000', 'additive', -10000],
    ['-1e9', 'select', -1e9],
    [-12.5, 'select', -12.5],
  ])('reads the fill %s', (fill, how, value) => {
    expect(policyFrom({ fill }).fill).toEqual({ how, value });
  });

  it('takes finfo.min of the compute dtype, and a typed number as it is', () => {
    expect(policyFrom({ fill: 'finfo-min', computeDtype: 'f16' }).fill.value).toBe(FLOAT16_MIN);
    expect(policyFrom({ preset: 'transformers-5-eager', computeDtype: 'f16' }).fill.value).toBe(FLOAT16_MIN);
    expect(policyFrom({ fill: FLOAT32_MIN, computeDtype: 'f16' }).fill.value).toBe(FLOAT32_MIN);
  });

  it('clears masked rows only under the guard of the preset that does', () => {
    expect(policyFrom({ rowGuard: 'zeros' })).toMatchObject({ clearMasked: true });
    for (const rowGuard of ['none', 'self', 'attend-all'])
      expect(policyFrom({ rowGuard })).not.toHaveProperty('clearMasked');
  });

  it('names what was changed about the preset', () => {
    expect(policyFrom({ preset: 'torch-2.4', rowGuard: 'zeros' }).name).toBe('torch-2.4 rowGuard=zeros');
  });

  it.each([
    [{ preset: 'tourch-2.4' }, 'policy/unknown-preset', 'did you mean torch-2.4?'],
    [{ rowGuard: 'zero' }, 'policy/unknown-word', 'Unknown row guard "zero", did you mean zeros?'],
    [{ compose: 'or' }, 'policy/unknown-word', 'Expected one of and, add, causal-dropped, causal-twice.'],
    [{ computeDtype: 'f64' }, 'policy/unknown-word', 'compute dtype'],
    [{ fill: 'select-nan' }, 'policy/fill', 'did you mean select-inf?'],
    [{ fill: 'select:' }, 'policy/fill', 'Expected select-inf'],
    [{ fill: Number.NaN }, 'policy/fill', 'Unknown fill'],
  ])('refuses %j', (request, code, text) => {
    const thrown = (() => {
      try {
        policyFrom(request);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(text) });
  });
});

it('a preset is found by the name that it had before, and has its present one', () => {
  expect(policyFrom({ preset: 'seed-theory' })).toEqual(policyFrom({ preset: 'no-causal' }));
  expect(policyFrom({ preset: 'seed-theory', rowGuard: 'self' }).name).toBe('no-causal rowGuard=self');
});

describe('presets', () => {
  it('are the twelve that the docs and flags name', () => {
    expect(presetNames).toEqual([
      'safe',
      'no-causal',
      'torch-2.4',
      'torch-2.5',
      'torch-mps-2.8',
      'transformers-4.57-eager',
      'transformers-4.57-sdpa',
      'transformers-5-eager',
      'transformers-5-sdpa',
      'onnx-1.23',
      'jax',
      'tfjs',
    ]);
  });

  it.each(presetNames)('%s says what it is and where it was read', (name) => {
    expect(policies[name].name).toBe(name);
    expect(policies[name].summary.length).toBeGreaterThan(20);
    expect(policies[name].source).not.toBe('');
  });
});
