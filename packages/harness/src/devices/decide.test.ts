import { describe, expect, it } from 'vitest';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { backendsFor, backendsOf, type DeviceConfig, decideWith } from './decision.ts';

describe('backendsFor', () => {
  it.each([
    ['cpu', ['tensorflow', 'wasm', 'cpu']],
    ['gpu', ['webgpu']],
    ['mps', ['webgpu']],
    ['javascript', ['cpu']],
    ['wasm', ['wasm']],
    ['auto', ['webgpu', 'tensorflow', 'wasm', 'cpu']],
  ])('%s looks at %j', (device, ids) => {
    expect(backendsFor(device)).toEqual(ids);
  });

  it('a third-party backend is looked at alone when it is named', () => {
    expect(backendsFor('mirror')).toEqual(['mirror']);
  });
});

const config: DeviceConfig = { device: 'wasm', mpsRule: 'probe', attn: 'auto', policy: 'safe' };

it.each([
  [{ reference: 'javascript' }, ['wasm', 'cpu']],
  [{ reference: 'none' }, ['wasm']],
  [{}, ['wasm', 'tensorflow', 'cpu']],
])('a run looks at the devices that were asked for and no other: %j', (more, ids) => {
  expect(backendsOf({ ...config, ...more })).toEqual(ids);
});

it.each([
  [{ device: 'wsam' }, /--device wsam is not a device\. Did you mean wasm\?/],
  [{ reference: 'gpo' }, /gpo is not a device\. Did you mean gpu\?/],
])('a name that no device has is refused before anything is looked at: %j', async (more, words) => {
  const looked: string[] = [];
  const look = async (id: string) => {
    looked.push(id);
    return { id, available: false as const, reason: 'test', remedy: 'none' };
  };
  const decided = decideWith({ ...config, ...more }, { backend: look, attention: async () => [] }, () => {});
  await expect(decided).rejects.toThrow(words);
  expect(looked).toEqual([]);
});

it('the backend of the target is passed over for the reference, and that is the reason that is given', async () => {
  const facts = (id: string) => ({
    id,
    version: '1',
    capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
  });
  const { reference } = await decideWith(
    { ...config, device: 'tensorflow', attn: 'sdpa' },
    { backend: async (id) => ({ id, available: true, facts: facts(id) }), attention: async () => [] },
    () => {},
  );
  expect(reference).toMatchObject({ backend: 'wasm' });
  expect(reference?.rules.map(({ reason }) => reason)).toContain(
    'wasm is the fastest CPU backend here: no tensorflow (it is the target)',
  );
});

it('run folders sort by time and are legal names everywhere', () => {
  expect(defaultRunFolder(new Date(Date.UTC(2026, 0, 31, 12, 0, 0, 123)))).toMatch(
    /^runs[/\\]2026-01-31T12-00-00-123$/,
  );
});
