import { presetNames } from '@nanscope/attention';
import { describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { causeOf } from './held.ts';

const { policy, decision } = lane();
const of = (mechanism: string, name = 'torch-2.4') =>
  causeOf({
    held: { kind: 'origin', op: 'forward/x/Sub#0:0', mechanism },
    policy: { ...policy, name },
    ...{ decision, model: 'tiny' },
  });

describe('the cause of a fault', () => {
  it.each([
    ['fully masked row', 'mask', /^PyTorch before 2\.5$/],
    ['external input', 'weights', /the model tiny/],
    ['kernel fault', 'device', /the backend webgpu/],
    ['exp overflow', 'numbers', /the model tiny and its data/],
    ['unknown', 'unknown', /not known/],
  ])('of %s is %s', (mechanism, kind, owner) => {
    expect(of(mechanism)).toMatchObject({ kind, owner: expect.stringMatching(owner) });
  });

  it('of two devices that differ is the device, where a kernel is suspected', () => {
    const held = (label: string) => ({ kind: 'divergence', op: 'forward/x/Sub#0:0', label }) as const;
    const facts = { policy, decision, model: 'tiny' };
    expect(causeOf({ held: held('kernel bug suspected'), ...facts }).kind).toBe('device');
    expect(causeOf({ held: held('permitted by WGSL, divergent'), ...facts }).kind).toBe('unknown');
  });

  it.each(presetNames)('names an owner of the mask of %s', (preset) => {
    expect(of('fully masked row', preset).owner.length).toBeGreaterThan(3);
  });

  it('says since when its owner computes something else, but not of a policy that was changed', () => {
    expect(of('fully masked row').changed).toContain('2.5');
    expect(of('fully masked row', 'torch-2.4 compose=add')).toEqual({
      kind: 'mask',
      owner: 'PyTorch before 2.5, with compose=add',
    });
  });
});
