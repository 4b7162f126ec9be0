import { conformFlags, resolveFlags, toConformConfig } from '@nanscope/settings';
import { expect, it } from 'vitest';
import { checkTorchConform } from './torch-cases.ts';

const config = (given: Record<string, string>) =>
  toConformConfig(resolveFlags(conformFlags, { device: 'torch:cpu', ...given }, undefined));

it.each([[{}], [{ attn: 'sdpa' }], [{ filter: 'masked' }]])('a torch device takes %j', (given) => {
  expect(() => checkTorchConform(config(given))).not.toThrow();
});

it.each([
  ['attn', 'fused'],
  ['attn', 'eager'],
  ['shard', '1/2'],
  ['bail', '1'],
])('a torch device refuses --%s %s, which is about cases of ours', (name, value) => {
  expect(() => checkTorchConform(config({ [name]: value }))).toThrow(`--${name}: expected it to be left out`);
});
