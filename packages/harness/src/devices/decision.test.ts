import { expect, it } from 'vitest';
import { policyOfTorch } from './decision.ts';

it.each([
  ['2.15.0+cpu', '5.24.0', 'cpu', 'sdpa', '2d', 'transformers-5-sdpa', undefined],
  ['2.15.0', '5.24.0', 'cuda:1', 'eager', '4d', 'transformers-5-eager', undefined],
  ['2.4.1', '4.57.6', 'cpu', 'sdpa', '2d', 'transformers-4.57-sdpa', 'attend-all'],
  ['2.4.1', '4.57.6', 'cpu', 'sdpa', '4d', 'torch-2.4', undefined],
  ['2.15.0', '5.24.0', 'cpu', 'sdpa', '4d', 'torch-2.5', undefined],
  ['2.8.0', '4.57.6', 'mps', 'sdpa', '2d', 'torch-mps-2.8', undefined],
] as const)('torch %s, transformers %s on %s, %s, mask %s: beside it %s', (...row) => {
  const [torch, transformers, device, attention, maskForm, policy, rowGuard] = row;
  const lane = { attention, torch: { python: '/py', device } };
  const found = policyOfTorch(lane, { torch, transformers }, maskForm);
  expect(found).toMatchObject({ policy, ...(rowGuard && { rowGuard }) });
  expect(found.because).not.toBe('');
});
