import { describe, expect, it } from 'vitest';
import { adapters } from '../../../../test/fixtures/adapters.ts';
import { adapterFacts, apiOf, isSoftware } from './gpu.ts';

describe('isSoftware', () => {
  it.each(Object.entries(adapters))('knows %s by its names alone', (_, adapter) => {
    expect(isSoftware(adapter)).toBe(adapter.software);
  });

  it('believes a browser that calls its adapter a fallback', () => {
    const info = { vendor: 'x', architecture: 'y', device: '', description: '' };
    expect(isSoftware({ ...info, isFallbackAdapter: true })).toBe(true);
    expect(isSoftware(info)).toBe(false);
  });
});

it('each platform has one graphics interface, and an unlisted one is unknown', () => {
  const platforms = ['darwin', 'linux', 'win32', 'freebsd'];
  expect(platforms.map(apiOf)).toEqual(['metal', 'vulkan', 'd3d12', 'unknown']);
});

it('features are sorted, so that two reports of one adapter are equal', () => {
  expect(adapterFacts(adapters.llvmpipe, ['b', 'a'], 'vulkan').features).toEqual(['a', 'b']);
});
