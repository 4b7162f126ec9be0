import { describe, expect, it } from 'vitest';
import { compareFlags, doctorFlags, reduceFlags, reportFlags } from './compare-flags.ts';
import { conformFlags, selftestFlags } from './conform-flags.ts';
import { evalFlags } from './eval-flags.ts';
import { effects, type Flag, flagNames } from './flag.ts';
import { generateFlags } from './generate-flags.ts';
import { claimsFlags, matrixFlags, mergeFlags } from './matrix-flags.ts';
import { trainFlags } from './train-flags.ts';

const tables: Record<string, readonly Flag[]> = {
  ...{
    claimsFlags,
    compareFlags,
    conformFlags,
    doctorFlags,
    evalFlags,
    generateFlags,
    matrixFlags,
    mergeFlags,
  },
  ...{ reduceFlags, reportFlags, selftestFlags, trainFlags },
};

it.each(Object.keys(tables))('every row of %s says what its flag affects', (name) => {
  for (const { name: flag, affects } of tables[name]!)
    expect([flag, Object.keys(effects)]).toEqual([flag, expect.arrayContaining([affects])]);
});

describe('the settings that do not decide the numbers', () => {
  const both = [...evalFlags, ...trainFlags];
  const names = (...wanted: Parameters<typeof flagNames>[1][]) =>
    [...new Set(flagNames(both, ...wanted))].sort();

  it('are these, and no other of eval and train', () => {
    expect(names('device')).toEqual([
      ...['attn', 'backend', 'device', 'mps-rule', 'python', 'reference', 'reference-python'],
      ...['sdpa-kernel', 'trust-remote-code'],
    ]);
    expect(names('policy')).toEqual(['compose', 'compute-dtype', 'fill', 'like', 'policy', 'row-guard']);
    expect(names('tracing')).toEqual(['trace', 'trace-filter', 'trace-keep']);
    expect(names('verdict')).toEqual(['atol', 'replays', 'rtol', 'shadow']);
    expect(names('output')).toEqual(['fail-on', 'json', 'reporter']);
    expect(names('place')).toEqual([
      'checkpoint',
      'eval-every',
      'grads',
      'keep',
      'out',
      'overwrite',
      'resume',
      'save',
      'save-every',
      'save-outputs',
    ]);
    expect(names('waiting')).toEqual(['lane-timeout']);
  });
});
