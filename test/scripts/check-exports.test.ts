/** The rule of scripts/check-exports.mjs, beside a control case that passes. */
import { expect, it } from 'vitest';
import { unusedExports } from '../../scripts/check-exports.mjs';

const faults = (files: Record<string, string>) => unusedExports(new Map(Object.entries(files)));

it('a value that no other file names is a fault, also where a test of another folder could have', () => {
  expect(
    faults({
      'packages/a/src/b.ts': 'export function lonely() {}\nexport const used = 1;',
      'test/c.ts': 'used;',
    }),
  ).toEqual([
    'packages/a/src/b.ts: lonely is exported, and no other file names it; remove the export, or what it exports',
  ]);
});

it('types, tests and files outside the packages may export what they like', () => {
  expect(
    faults({
      'packages/a/src/b.ts': 'export interface Shape {}\nexport type Size = number;',
      'packages/a/src/b.test.ts': 'export const helper = 1;',
      'scripts/c.mjs': 'export const tool = 1;',
    }),
  ).toEqual([]);
});
