import { expect, it } from 'vitest';
import { oneCaseCommand } from './paste.ts';

it.each([
  ['nanscope conform', "nanscope conform --filter 'a:b;c=1'"],
  [
    "nanscope conform --filter 'x;y=*' --backend ./my.mjs --device mine --bail",
    "nanscope conform --backend ./my.mjs --device mine --filter 'a:b;c=1'",
  ],
  [
    'nanscope conform --bail 3 --shard=1/2 --reporter junit=a.xml --json --device wasm',
    "nanscope conform --device wasm --filter 'a:b;c=1'",
  ],
  ['nanscope conform --json --vectors v', "nanscope conform --vectors v --filter 'a:b;c=1'"],
])('one case of %s', (command, expected) => {
  expect(oneCaseCommand(command, 'a:b;c=1')).toBe(expected);
});
