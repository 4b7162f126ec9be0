import type { BatchTrace, OpRecord } from '@nanscope/cascade';
import { describe, expect, it } from 'vitest';
import { isInShare, targetsOf } from './inject.ts';

const record = (kernel: string, call: number, output: number, more: Partial<OpRecord> = {}): OpRecord => ({
  ...{ key: `forward/${kernel}#${call}:${output}`, phase: 'forward', path: '', kernel, call, output },
  ...{ shape: [4], dtype: 'float32', inputs: [], health: { size: 4, nan: 0, posInf: 0, negInf: 0 } },
  ...more,
});
const { health: _health, ...integer } = record('Cast', 0, 0, { dtype: 'int32' });

describe('targetsOf', () => {
  it('counts kernel calls, not outputs, and leaves aliases and integers out', () => {
    const records = [
      record('Unpack', 0, 0),
      record('Unpack', 0, 1),
      integer,
      record('Reshape', 0, 0, { alias: true }),
      record('Unpack', 1, 0),
    ];
    const { targets, aliases, integers } = targetsOf({ records } as unknown as BatchTrace);
    expect(targets.map(({ call, output }) => [call, output])).toEqual([
      [0, 0],
      [0, 1],
      [3, 0],
    ]);
    expect({ aliases, integers }).toEqual({ aliases: 1, integers: 1 });
    for (const { index } of targets) expect([0, 1, 2, 3]).toContain(index);
  });
});

describe('isInShare', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `NaN at backward/Multiply#${i}:0`);
  const chosen = (share: number) => names.filter((name) => isInShare(name, share));

  it('draws about the share that was asked for, all of 1, and more of more', () => {
    expect(chosen(1)).toEqual(names);
    expect(chosen(0.1).length).toBeGreaterThan(150);
    expect(chosen(0.1).length).toBeLessThan(250);
    expect(chosen(0.3)).toEqual(expect.arrayContaining(chosen(0.1)));
  });
});
