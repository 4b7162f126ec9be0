import { describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import {
  configurationDifferences,
  environmentDifferences,
  rerunAdvice,
  sameDevice,
} from './compare-config.ts';

describe('configurationDifferences', () => {
  it('devices, tracing and output may differ', () => {
    const other = lane({
      config: { model: 'tiny', device: 'cpu', 'batch-size': 4, trace: 'off', out: 'x', rtol: 1 },
    });
    expect(configurationDifferences(lane(), other)).toEqual([]);
  });

  it.each([
    ['trace-keep', 0],
    ['trace-filter', ['op=Softmax']],
    ['shadow', false],
    ['grads', true],
    ['lane-timeout', 9],
    ['keep', 7],
  ])('%s changes no number, and may differ', (name, value) => {
    const other = lane({ config: { ...lane().config, [name]: value } });
    expect(configurationDifferences(lane(), other)).toEqual([]);
  });

  it('a run of a version without the flag did what its default does', () => {
    const other = (value: boolean) => lane({ config: { ...lane().config, 'ignore-first-token': value } });
    expect(configurationDifferences(lane(), other(false))).toEqual([]);
    expect(configurationDifferences(other(true), lane())).toHaveLength(1);
  });

  it('a setting that no flag of this version sets may not differ', () => {
    const other = lane({ config: { ...lane().config, 'a-later-flag': 1 } });
    expect(configurationDifferences(lane(), other)).toHaveLength(1);
  });

  it('names a setting that differs or that one side lacks', () => {
    const other = lane({ config: { model: 'tiny', device: 'gpu', 'batch-size': 8, limit: 3 } });
    expect(configurationDifferences(lane(), other)).toEqual([
      { name: 'batch-size', reference: '4', target: '8' },
      { name: 'limit', reference: '(not set)', target: '3' },
    ]);
  });

  it('compares policies part by part, and the attention that really ran', () => {
    const { policy, decision } = lane();
    const other = lane({
      policy: { ...policy, name: 'torch-mps-2.8', rowGuard: 'none' },
      decision: { ...decision, attention: 'eager' },
    });
    expect(configurationDifferences(lane(), other).map(({ name }) => name)).toEqual([
      'attention',
      'policy',
      'policy rowGuard',
    ]);
  });

  it('a policy by the name that it had before is the same one', () => {
    const named = (name: string) => lane({ policy: { ...lane().policy, name } });
    expect(configurationDifferences(named('seed-theory'), named('no-causal'))).toEqual([]);
    expect(configurationDifferences(named('seed-theory'), named('jax'))).toHaveLength(1);
  });

  it('two spellings of one policy are equal', () => {
    const spelled = lane({ config: { ...lane().config, 'row-guard': 'zeros' } });
    expect(configurationDifferences(lane(), spelled)).toEqual([]);
  });
});

it('says which setting to rerun with', () => {
  const advice = (name: string, reference: string) => rerunAdvice([{ name, reference, target: 'x' }]);
  expect(advice('batch-size', '8')).toEqual({ to: 'rerun', setting: 'batch-size', flag: true, value: '8' });
  expect(advice('limit', '(not set)')).toMatchObject({ flag: true, value: undefined });
  expect(advice('policy rowGuard', 'none')).toMatchObject({ flag: false, value: 'none' });
});

it('environments list versions and the device', () => {
  const { environment, decision } = lane();
  const other = lane({
    environment: { ...environment, node: '22.1.0' },
    decision: { ...decision, label: 'cpu' },
  });
  expect(environmentDifferences(lane(), other)).toEqual([
    { name: 'device', reference: 'webgpu', target: 'javascript' },
    { name: 'node', reference: '20.20.2', target: '22.1.0' },
  ]);
});

describe('one device in two environments', () => {
  const adapter = {
    vendor: 'apple',
    architecture: 'common-3',
    device: 'M1',
    description: 'Metal driver 1',
    api: 'metal',
    software: false,
    features: ['shader-f16'],
  };
  const on = (changes: Partial<typeof adapter>, strictNumerics = false) =>
    lane({
      decision: { ...lane().decision, adapter: { ...adapter, ...changes } },
      environment: { ...lane().environment, strictNumerics },
    });

  it('driver, features and numerics are part of the environment, not of the device', () => {
    const other = on({ description: 'Metal driver 2', features: [] }, true);
    expect(sameDevice(on({}), other)).toBe(true);
    expect(environmentDifferences(on({}), other)).toEqual([
      { name: 'adapter features', reference: 'shader-f16', target: '' },
      { name: 'driver', reference: 'Metal driver 1', target: 'Metal driver 2' },
      { name: 'numerics', reference: 'NaN and infinities may be assumed away', target: 'strict' },
    ]);
  });

  it('another adapter or another backend is another device', () => {
    expect(sameDevice(on({}), on({ device: 'M2' }))).toBe(false);
    expect(sameDevice(on({}), lane())).toBe(false);
    expect(sameDevice(lane(), lane({ decision: { ...lane().decision, backend: 'wasm' } }))).toBe(false);
  });
});
