/** Request and probes in, decision out: which backend, which attention, by which rules. Pure. */
import type { Probe } from '@nanscope/backend';
import { choose } from './choose.ts';
import { adapterName, label } from './describe.ts';
import type { Decision, DeviceRequest, FiredRule } from './request.ts';

interface AttentionChoice {
  readonly attention: Decision['attention'];
  readonly rules: readonly FiredRule[];
  readonly warnings: readonly string[];
}

const seedWarning =
  'On Metal the seed rule takes eager attention. It avoids the NaN because eager fills masked scores with a finite ' +
  'value, not because causality was missing before; the loss of rows without an allowed key changes with it. ' +
  'A row guard repairs sdpa itself: --mps-rule off --policy safe.';

function attentionFor({ attention, mpsRule }: DeviceRequest, metal: boolean): AttentionChoice {
  if (mpsRule === 'seed' && metal && attention !== 'eager') {
    const reason = `the adapter is Metal and attention is ${attention}`;
    return { attention: 'eager', rules: [{ rule: 'mps-seed', reason }], warnings: [seedWarning] };
  }
  if (attention !== 'auto') {
    const reason = `attention is ${attention} by request`;
    return { attention, rules: [{ rule: 'attention-explicit', reason }], warnings: [] };
  }
  if (mpsRule === 'probe') return { attention: 'undecided', rules: [], warnings: [] };
  const reason =
    mpsRule === 'seed' ? 'the MPS rule is about Metal, and this is not' : 'the MPS rule is switched off';
  return { attention: 'sdpa', rules: [{ rule: 'attention-default', reason }], warnings: [] };
}

/**
 * Decides where and how to run.
 *
 * @param probes One per known backend, in any order; a backend without a probe counts as absent.
 * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3).
 */
export function resolve(request: DeviceRequest, probes: readonly Probe[]): Decision {
  const { facts, rules } = choose(request.device, probes);
  const { adapter } = facts;
  const attention = attentionFor(request, adapter?.api === 'metal');
  const software = adapter?.software ?? false;
  const softwareWarning = adapter
    ? `${adapterName(adapter)} is a software adapter: a CPU plays the GPU. Timings say nothing about a GPU, and what it does with a NaN may differ from a GPU's.`
    : '';
  return {
    requested: request.device,
    backend: facts.id,
    ...(adapter ? { adapter } : {}),
    software,
    attention: attention.attention,
    rules: [...rules, ...attention.rules],
    warnings: [...(software ? [softwareWarning] : []), ...attention.warnings],
    label: label(facts),
  };
}
