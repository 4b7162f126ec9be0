import { describe, expect, it } from 'vitest';
import { renderSelftest } from '../index.ts';
import {
  SELFTEST_SCHEMA,
  type SelftestDevice,
  type SelftestRecord,
  selftestSchema,
} from '../schema/selftest.ts';

const score = { trials: 10, setAside: 2, seen: 10, killed: 3, originRight: 10, mechanismRight: 10 };
const device: SelftestDevice = {
  ...{ name: 'wasm', label: 'wasm', backend: 'wasm', gpu: false, status: 'complete', seconds: 3 },
  ...{ injectable: 40, injected: 8, aliases: 1, integers: 37 },
  groups: [
    { family: 'injected', name: 'NaN, backward', ...score },
    { family: 'clean', name: 'clean', ...score, trials: 48, seen: 0, originRight: 0, mechanismRight: 0 },
  ],
  ...{ faults: score, falseAlarms: 0, wrong: [], wrongCut: 0, meetsBar: true },
  setAside: [{ id: 'gather out of range', why: 'the backend gives 0 and no error' }],
};
const record = (changes: Partial<SelftestDevice> = {}, share = 0.2): SelftestRecord => ({
  ...{ schema: SELFTEST_SCHEMA, kind: 'selftest', command: 'nanscope selftest --detector', share },
  bar: { seen: 1, origin: 1, mechanism: 0.95, falseAlarms: 0 },
  devices: [{ ...device, ...changes }],
  verdict: { code: 'detector-meets-bar', exitCode: 0, sentence: 'All of them.', next: '' },
});
const text = (result: SelftestRecord, width = 100) => renderSelftest(result, { width, color: false });

describe('renderSelftest', () => {
  it('has a row for each group of faults, and says what was not tried', () => {
    expect(selftestSchema.safeParse(record()).success).toBe(true);
    const lines = text(record()).split('\n');
    expect(lines).toContain('                      trials    seen  origin  mechanism  aside');
    expect(lines).toContain('  NaN, backward           10      10      10         10      2');
    expect(lines).toContain('  all faults              10      10      10         10      2');
    const page = text(record());
    expect(page).toContain('8 of 40 faults (--share 0.2)');
    expect(text(record({}, 1))).toContain('all 40 faults; none in 1 output');
    expect(page).toContain('0 in 48 clean runs');
    expect(page).toContain('gather out of range: the backend gives 0 and no error');
    expect(page).toContain('exit 0');
  });

  it('lists what went wrong, with what was expected, and counts what it leaves out', () => {
    const wrong = Array.from({ length: 10 }, (_, i) => ({
      id: `NaN at forward/Log#${i}:0`,
      expected: { key: `forward/Log#${i}:0`, mechanisms: ['log of 0', 'log of a negative'] },
      ...(i > 0 && { found: { key: 'forward/Exp#0:0', mechanism: 'exp overflow', evidence: 'too large' } }),
    }));
    const page = text(record({ wrong, wrongCut: 5 }));
    expect(page).toMatch(/expected +log of 0 or log of a negative at forward\/Log#0:0\n +found +nothing/);
    expect(page).toMatch(/found +exp overflow at forward\/Exp#0:0: too large/);
    expect(page).toContain('and 7 others; --json has more');
  });

  it.each([60, 80, 120])('keeps within %i columns', (width) => {
    for (const line of text(record(), width).split('\n'))
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 60));
  });
});
