/** The MPS rule's mode `probe`: from what the probes of the opened device showed to an implementation. Pure. */
import type { Decision } from './request.ts';

/** An attention implementation, and what led to it. */
export type AttentionDecision = Pick<Decision, 'attention' | 'rules' | 'warnings'>;

/** What one attention probe showed on the opened device. */
export interface AttentionProbeOutcome {
  readonly implementation: 'eager' | 'sdpa';
  /** Its name: `fully-masked-row`. */
  readonly probe: string;
  readonly passed: boolean;
  /** Evidence: what was expected and what was found. */
  readonly detail: string;
}

const names = (outcomes: readonly AttentionProbeOutcome[]) => outcomes.map(({ probe }) => probe).join(', ');
const evidence = (outcomes: readonly AttentionProbeOutcome[]) =>
  outcomes.map(({ probe, detail }) => `${probe} (${detail})`).join('; ');

/**
 * sdpa when it passes all of its probes, else eager when that passes all of its own, else sdpa with a loud warning.
 *
 * @throws Error when an implementation that has to be judged was not probed at all: nothing compared is not a pass.
 */
export function decideAttention(outcomes: readonly AttentionProbeOutcome[]): AttentionDecision {
  const of = (implementation: 'eager' | 'sdpa') => {
    const own = outcomes.filter((outcome) => outcome.implementation === implementation);
    if (own.length === 0) throw new Error(`No probe of ${implementation} attention was run.`);
    return {
      passed: own.filter(({ passed }) => passed === true),
      failed: own.filter(({ passed }) => passed !== true),
    };
  };
  const settle = (attention: 'eager' | 'sdpa', reason: string, warning?: string): AttentionDecision => ({
    attention,
    rules: [{ rule: 'attention-probe', reason }],
    warnings: warning ? [warning] : [],
  });

  const sdpa = of('sdpa');
  if (sdpa.failed.length === 0) return settle('sdpa', `sdpa passes ${names(sdpa.passed)}`);
  const eager = of('eager');
  const sdpaFails = `sdpa fails ${evidence(sdpa.failed)}`;
  if (eager.failed.length === 0) {
    return settle(
      'eager',
      `${sdpaFails}; eager passes ${names(eager.passed)}`,
      `Eager attention is used: on this device ${sdpaFails}.`,
    );
  }
  const both = `${sdpaFails}; eager fails ${evidence(eager.failed)}`;
  return settle(
    'sdpa',
    both,
    `NEITHER attention implementation is right on this device, expect wrong results: ${both}.`,
  );
}
