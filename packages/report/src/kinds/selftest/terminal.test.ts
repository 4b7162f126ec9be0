import { selftestSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { detected as record } from '../../fixtures.ts';
import { renderSelftest } from '../../index.ts';

const text = (result: ReturnType<typeof record>, width = 100) =>
  renderSelftest(result, { width, color: false });

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
