import { describe, expect, it } from 'vitest';
import { defaultRunFolder } from '../run-folder/name.ts';
import { backendsFor } from './decision.ts';

describe('backendsFor', () => {
  it.each([
    ['cpu', ['tensorflow', 'wasm', 'cpu']],
    ['gpu', ['webgpu']],
    ['mps', ['webgpu']],
    ['javascript', ['cpu']],
    ['wasm', ['wasm']],
    ['auto', ['webgpu', 'tensorflow', 'wasm', 'cpu']],
    ['nonsense', ['webgpu', 'tensorflow', 'wasm', 'cpu']],
  ])('%s looks at %j', (device, ids) => {
    expect(backendsFor(device)).toEqual(ids);
  });

  it('a third-party backend is looked at alone when it is named', () => {
    expect(backendsFor('mirror', 'mirror')).toEqual(['mirror']);
    expect(backendsFor('auto', 'mirror')).toContain('mirror');
  });
});

it('run folders sort by time and are legal names everywhere', () => {
  expect(defaultRunFolder(new Date(Date.UTC(2026, 0, 31, 12, 0, 0, 123)))).toMatch(
    /^runs[/\\]2026-01-31T12-00-00-123$/,
  );
});
