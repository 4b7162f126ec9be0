/** Request and probes in, decision out: which backend, which attention, by which rules. Pure. */

import type { Probe } from '@nanscope/backend';
import { choose } from './choose.ts';
import { adapterName, type Decision, type DeviceRequest, label } from './request.ts';

// The MPS rule's mode `probe`: from what the probes of the opened device showed to an implementation. Pure.

/** An attention implementation, and what led to it. */
type AttentionDecision = Pick<Decision, 'attention' | 'rules' | 'warnings'>;

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

const eagerWarning =
  'On Metal --mps-rule eager takes eager attention. It avoids the NaN because eager fills masked scores with a finite ' +
  'value, not because causality was missing before; the loss of rows without an allowed key changes with it. ' +
  'A row guard repairs sdpa itself: --mps-rule off --policy safe.';

/** Undefined where the probes of the opened device have to decide. */
function attentionFor(
  { attention, attentionOf, mpsRule }: DeviceRequest,
  metal: boolean,
): AttentionDecision | undefined {
  if (mpsRule === 'eager' && metal && attention !== 'eager') {
    const reason = `the adapter is Metal and attention is ${attention}`;
    return { attention: 'eager', rules: [{ rule: 'mps-eager', reason }], warnings: [eagerWarning] };
  }
  if (attention !== 'auto') {
    const reason = attentionOf
      ? `attention is ${attention}, as ${attentionOf} has it`
      : `attention is ${attention} by request`;
    return { attention, rules: [{ rule: 'attention-explicit', reason }], warnings: [] };
  }
  if (mpsRule === 'probe') return undefined;
  const reason =
    mpsRule === 'eager' ? 'the MPS rule is about Metal, and this is not' : 'the MPS rule is switched off';
  return { attention: 'sdpa', rules: [{ rule: 'attention-default', reason }], warnings: [] };
}

/**
 * What has to be measured before `resolve` can decide: the attention of the backend that the request chooses, or nothing.
 *
 * @throws UserError as `resolve`
 */
export function attentionToProbe(
  request: DeviceRequest,
  probes: readonly Probe[],
): Pick<Decision, 'backend' | 'label'> | undefined {
  const { facts } = choose(request.device, probes);
  const settled = attentionFor(request, facts.adapter?.api === 'metal');
  return settled ? undefined : { backend: facts.id, label: label(facts) };
}

/**
 * Decides where and how to run.
 *
 * @param probes One per known backend, in any order; a backend without a probe counts as absent.
 * @param outcomes of the attention probes, where `attentionToProbe` asks for them
 * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3).
 */
export function resolve(
  request: DeviceRequest,
  probes: readonly Probe[],
  outcomes: readonly AttentionProbeOutcome[] = [],
): Decision {
  const { facts, rules } = choose(request.device, probes);
  const { adapter } = facts;
  const { attention, ...why } = attentionFor(request, adapter?.api === 'metal') ?? decideAttention(outcomes);
  const software = adapter?.software ?? false;
  const softwareWarning = adapter
    ? `${adapterName(adapter)} is a software adapter: the GPU is emulated on the CPU. Timings say nothing about a GPU, and what it does with a NaN may differ from a GPU's.`
    : '';
  return {
    requested: request.device,
    backend: facts.id,
    ...(adapter ? { adapter } : {}),
    software,
    attention,
    rules: [...rules, ...why.rules],
    warnings: [...(software ? [softwareWarning] : []), ...why.warnings],
    label: label(facts),
  };
}
