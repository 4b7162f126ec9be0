import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policyFrom } from './policy-from.ts';
import { fillWord, policies, presetNames, presetTable } from './presets.ts';

const page = new URL('../../../docs/attention.md', import.meta.url);

describe('the preset table', () => {
  it('in docs/attention.md is the one that the presets make', () => {
    expect(existsSync(page)).toBe(true);
    expect(readFileSync(page, 'utf8')).toContain(presetTable());
  });

  it.each(presetNames)('%s has a fill that can be typed', (name) => {
    expect(policyFrom({ fill: fillWord(policies[name].fill) }).fill).toEqual(policies[name].fill);
  });
});
