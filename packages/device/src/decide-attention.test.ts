import { describe, expect, it } from 'vitest';
import { type AttentionProbeOutcome, decideAttention } from './resolve.ts';

const probes = ['fully-masked-row', 'left-padded-causal-row', 'causal-leak', 'nan-in-masked-v'];

/** All probes of both implementations, with the named ones (`sdpa:causal-leak`) failed. */
const outcomes = (...failed: string[]): AttentionProbeOutcome[] =>
  (['sdpa', 'eager'] as const).flatMap((implementation) =>
    probes.map((probe) => ({
      implementation,
      probe,
      passed: !failed.includes(`${implementation}:${probe}`),
      detail: `saw ${probe}`,
    })),
  );

describe('decideAttention', () => {
  it('takes sdpa when it passes all of its probes, whatever eager does', () => {
    for (const given of [outcomes(), outcomes('eager:causal-leak')]) {
      const decision = decideAttention(given);
      expect(decision).toMatchObject({ attention: 'sdpa', warnings: [] });
      expect(decision.rules.at(-1)?.reason).toContain(probes.join(', '));
    }
  });

  it.each(probes)('takes eager, with a warning that cites it, when sdpa fails %s alone', (probe) => {
    const decision = decideAttention(outcomes(`sdpa:${probe}`));
    expect(decision.attention).toBe('eager');
    expect(decision.rules.at(-1)).toMatchObject({ rule: 'attention-probe' });
    expect(decision.rules.at(-1)?.reason).toContain(`sdpa fails ${probe} (saw ${probe})`);
    expect(decision.warnings).toHaveLength(1);
    expect(decision.warnings[0]).toContain(probe);
  });

  it('takes sdpa with a loud warning when neither passes', () => {
    const decision = decideAttention(outcomes('sdpa:causal-leak', 'eager:nan-in-masked-v'));
    expect(decision.attention).toBe('sdpa');
    expect(decision.warnings[0]).toMatch(/^NEITHER .*causal-leak.*nan-in-masked-v/);
  });

  it('refuses to judge what was not probed', () => {
    expect(() => decideAttention([])).toThrow('No probe of sdpa');
    const sdpaOnly = outcomes('sdpa:causal-leak').filter(({ implementation }) => implementation === 'sdpa');
    expect(() => decideAttention(sdpaOnly)).toThrow('No probe of eager');
  });

  it('a probe that is neither passed nor failed has not passed', () => {
    const broken = outcomes().map((o) => ({ ...o, passed: undefined as unknown as boolean }));
    expect(decideAttention(broken).warnings).toHaveLength(1);
  });
});
