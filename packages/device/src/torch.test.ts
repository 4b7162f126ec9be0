import { UserError } from '@nanscope/errors';
import type { TorchProbe } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { resolveTorch } from './torch.ts';

const probe: TorchProbe = {
  python: '3.12.1',
  executable: '/py',
  platform: 'linux',
  torch: '2.15.0+cpu',
  transformers: '5.24.0',
  devices: [
    { name: 'cpu', available: true, label: 'cpu' },
    { name: 'mps', available: false, label: 'Metal', reason: 'this is no macOS' },
    { name: 'cuda:0', available: true, label: 'H200' },
  ],
  environment: {},
  sdpaBackends: {},
  probes: [],
};

const decided = (device: string, more: Partial<TorchProbe> = {}, attention: 'auto' | 'eager' = 'auto') =>
  resolveTorch({ device, attention }, '--device', {
    ...{ python: '/py', reason: '--python names it' },
    probe: { ...probe, ...more },
  });

function refused(device: string, more: Partial<TorchProbe> = {}): UserError {
  try {
    decided(device, more);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('resolveTorch', () => {
  it.each([
    ['torch', 'torch-cuda', 'cuda:0'],
    ['torch:cuda', 'torch-cuda', 'cuda:0'],
    ['torch:cuda:0', 'torch-cuda', 'cuda:0'],
    ['torch:cpu', 'torch-cpu', 'cpu'],
  ])('%s is %s on %s', (device, backend, name) => {
    expect(decided(device)).toMatchObject({ backend, torch: { python: '/py', device: name } });
  });

  it('says which Python, which versions and why, and that no policy applies', () => {
    const { rules, label, attention } = decided('torch:cpu');
    expect(rules.map(({ rule }) => rule)).toEqual([
      'python',
      'torch-device',
      'attention-default',
      'no-policy',
    ]);
    expect(rules[0]?.reason).toBe(
      '/py: --python names it; Python 3.12.1, torch 2.15.0+cpu, transformers 5.24.0',
    );
    expect(label).toBe('torch 2.15.0+cpu · cpu');
    expect(attention).toBe('sdpa');
    expect(decided('torch:cpu', {}, 'eager').attention).toBe('eager');
  });

  it.each([
    ['torch:mps', {}, 'torch/no-device', /this is no macOS\. Found: torch:cpu, torch:cuda:0\./],
    ['torch:cuda:3', {}, 'torch/no-device', /looks for cuda:3 /],
    [
      'torch',
      { torch: null, missing: 'No module named torch' },
      'torch/no-torch',
      /pip install 'torch>=2\.4'/,
    ],
    ['torch', { transformers: null }, 'torch/no-transformers', /transformers 4\.46 or later/],
    ['torch', { torch: '2.3.1' }, 'torch/version', /found 2\.3\.1/],
    ['torch', { transformers: '4.45.2' }, 'torch/version', /found 4\.45\.2/],
  ])('%s of a Python with %j is refused with %s', (device, more, code, words) => {
    const error = refused(device, more);
    expect(error).toMatchObject({ code, exitCode: 3 });
    expect(error.message).toMatch(words);
  });
});
