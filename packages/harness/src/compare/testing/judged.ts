/** Lanes and comparisons for tests of verdicts, and the verdict on them as it is decided and as it is written down. */
import type { LaneOutcome } from '@nanscope/lane';
import { type ComparisonRecord, type LaneRecord, type VerdictRecord, verdictSchema } from '@nanscope/record';
import { comparison, lane, nanMetrics } from '../../../../../test/fixtures/records/lanes.ts';
import type { Evidence } from '../evidence.ts';
import { decideVerdict, judge } from '../verdict.ts';

export const complete: LaneOutcome = { status: 'complete' };
export const finite = lane();
export const reference = lane({ role: 'reference' });
export const unguarded: LaneRecord['policy'] = { ...lane().policy, name: 'torch-mps-2.8', rowGuard: 'none' };
export const origin = {
  key: 'forward/transformer.h.0/attn/probs/Softmax#0:0',
  batch: 0,
  coordinates: [1, 0, 0, 0],
  coordinateNames: ['batch', 'head', 'query', 'key'],
  mechanism: { name: 'fully masked row', evidence: 'no allowed key' },
};
export const cascade: NonNullable<LaneRecord['cascade']> = {
  level: 'health',
  ops: 80,
  batchesTraced: 1,
  events: [],
  eventsCut: 0,
  origin,
  spread: [],
  kills: [],
  observer: 'unchanged',
};
export const bad = lane({ metrics: nanMetrics, policy: unguarded, cascade });

export const whole = (evidence: Partial<Evidence>): Evidence => ({
  target: finite,
  reference,
  comparison: comparison(),
  outcomes: { target: complete, reference: complete },
  referenceWanted: true,
  command: 'nanscope eval',
  ...evidence,
});

/** As it is written down. */
export const worded = (evidence: Partial<Evidence> = {}): VerdictRecord =>
  verdictSchema.parse(judge(whole(evidence)));

/** What is decided, before a word is made of it; what is written down is of the same code. */
export function judged(evidence: Partial<Evidence> = {}) {
  const decision = decideVerdict(whole(evidence));
  const { code, exitCode } = worded(evidence);
  if (code !== decision.code || exitCode !== decision.exitCode)
    throw new Error(`decided ${decision.code} (${decision.exitCode}), written down ${code} (${exitCode})`);
  return { ...decision, to: decision.next.map(({ to }) => to) };
}

export const difference = (target: number | 'NaN'): ComparisonRecord['labels'] => ({
  compared: 40,
  unpaired: 0,
  differing: [{ row: 1, position: 5, label: 82, text: 'R', what: 'a place', reference: 1, target }],
  differingCut: 2,
  requiredRtol: target === 'NaN' ? 'Infinity' : 0.5,
});

export const divergent = (label: string): ComparisonRecord['ops'] => ({
  ...comparison().ops,
  divergent: 2,
  firstDivergence: 'forward/x/Softmax#0:0',
  divergence: { label, reason: 'finite inputs, NaN out' },
});
