/** From two lanes and their comparison to what is the case, an exit code and what to do next. Data, no prose. Pure. */

import type { ComparisonRecord, LaneRecord, VerdictRecord } from '@nanscope/record';
import { type Advice, type Beside, type Decision, type Reason, wordVerdict } from '@nanscope/words';
import { exploreAdvice, maskedAdvice, mendAdvice } from './advice.ts';
import { besideOf, isNonFinite, replayVerdict } from './beside.ts';
import { rerunAdvice, sameDevice } from './compare-config.ts';
import { type Evidence, type Verdict, verdictOf } from './evidence.ts';
import { isBornMasked, withExitCode } from './exit-code.ts';
import {
  flaky,
  isLabelled,
  isPermitted,
  ownStep,
  permitted,
  suspected,
  torchAdvice,
} from './replay-verdict.ts';

/** A run that was stopped before either lane began. */
export const interrupted: VerdictRecord = wordVerdict(
  { ...verdictOf('lane-failed', 130, { is: 'not begun' }, { to: 'run again' }), beside: {} },
  {},
);

function laneFailed(evidence: Evidence): Verdict | undefined {
  const { outcomes } = evidence;
  const lanes = Object.entries(outcomes).map(([role, outcome]) => ({ role, ...outcome }));
  const ended = lanes.filter(({ status }) => status !== 'complete');
  if (ended.length === 0) return undefined;
  const stopped = ended.some(({ status }) => status === 'interrupted');
  const absent = ended.some(({ userError }) => userError?.exitCode === 3);
  const complete = lanes.find(({ status }) => status === 'complete')?.role;
  return verdictOf(
    'lane-failed',
    stopped ? 130 : absent ? 3 : 1,
    {
      is: 'lanes ended early',
      lanes: ended.map(({ role, status, failure }) => ({ role, status, failure })),
      complete,
    },
    stopped && evidence.folder !== undefined
      ? { to: 'resume', folder: evidence.folder }
      : { to: 'resume or compare' },
  );
}

/** Whether no op was replayed because none was traced: then nothing tells the order of a sum from a mistake. */
const isUntraced = ({ target }: Evidence): boolean =>
  target?.cascade === undefined || target.cascade.level === 'off' || target.cascade.level === 'gate';

function classesApart(evidence: Evidence, comparison: ComparisonRecord): Verdict | undefined {
  const { ops, labels, metrics } = comparison;
  const label = labels.differing.find(
    (one) => typeof one.target !== 'number' || typeof one.reference !== 'number',
  );
  const metric = metrics.find((one) => one.class === 'class-differs');
  if (ops.divergent === 0 && !label && !metric) return undefined;
  const inAnyOrder = permitted(evidence, comparison);
  if (inAnyOrder) return inAnyOrder;
  const why = ops.divergence?.reason;
  const at =
    ops.firstDivergence !== undefined
      ? { op: ops.firstDivergence, why }
      : label
        ? { row: label.row, position: label.position, why }
        : { metric: metric!.name, why };
  const own = ops.divergence === undefined ? ownStep(comparison) : undefined;
  if (ops.divergence?.label === 'permitted by WGSL, divergent' || (own && isPermitted(own, evidence))) {
    const reason: Reason = { is: 'classes apart', at, permitted: true };
    // Where the mask is the cause on the target, to guard the rows is all there is to mend.
    const masked = evidence.target !== undefined && isBornMasked(evidence.target);
    return verdictOf('permitted-by-wgsl', 1, reason, { to: masked ? 'guard rows' : 'mend before comparing' });
  }
  return (
    suspected(evidence, comparison) ??
    verdictOf(
      isLabelled(comparison) ? 'kernel-bug-suspected' : 'classes-differ',
      1,
      { is: 'classes apart', at, permitted: false },
      torchAdvice(evidence) ?? {
        to: evidence.separateRuns
          ? 'replay on devices'
          : isUntraced(evidence)
            ? 'trace and replay'
            : 'send it to the authors',
      },
    )
  );
}

function numbersApart(evidence: Evidence, comparison: ComparisonRecord): Verdict | undefined {
  const metric = comparison.metrics.find((one) => !one.pass);
  const { differing, differingCut, compared, unpaired } = comparison.labels;
  const [first] = differing;
  const stage = comparison.stages?.stages.find(({ passed }) => !passed);
  const byOp = suspected(evidence, comparison) ?? permitted(evidence, comparison);
  if (stage && byOp) return byOp;
  if (stage)
    return verdictOf(
      'numbers-differ',
      1,
      { is: 'a stage apart', stage, apart: differing.length + differingCut, compared, rtol: comparison.rtol },
      { to: 'look into the stage', stage: stage.name },
    );
  if (!first && unpaired > 0)
    return verdictOf(
      'numbers-differ',
      1,
      { is: 'one side only', compared, unpaired },
      { to: 'compare the same data' },
    );
  if (!first && !metric) return undefined;
  if (byOp) return byOp;
  return verdictOf(
    'numbers-differ',
    1,
    first
      ? { is: 'labels apart', apart: differing.length + differingCut, compared, first }
      : { is: 'a metric apart', metric: metric!.name },
    ...(evidence.separateRuns
      ? ([{ to: 'widen the tolerance', of: 'they' }, { to: 'replay on devices' }] as const)
      : ([{ to: 'widen the tolerance', of: 'the devices' }] as const)),
  );
}

/** Two runs of one device, made at different times: another driver or version is suspected before any kernel. */
function environmentsApart(
  { target, reference, separateRuns }: Evidence,
  { environment }: ComparisonRecord,
  { reason }: Verdict,
): Verdict | undefined {
  if (!separateRuns || environment.length === 0) return undefined;
  if (!target || !reference || !sameDevice(reference, target)) return undefined;
  const device = target.decision.label;
  return verdictOf(
    'configuration-differs',
    1,
    { is: 'environments apart', device, differing: environment, beside: reason },
    { to: 'suspect the environment' },
  );
}

function oneLane(lane: LaneRecord, { command }: Evidence, { hidden }: Beside): Verdict {
  const next: Advice = isNonFinite(lane)
    ? mendAdvice(lane)
    : hidden
      ? { to: 'mend what is hidden' }
      : (maskedAdvice(lane, command) ?? { to: 'compare with a device' });
  return verdictOf('no-reference', 0, { is: 'one lane' }, next);
}

/** The verdict on lanes that agree. */
function agreed(
  lane: LaneRecord,
  { command }: Evidence,
  { rtol, atol, labels, metrics, ops }: ComparisonRecord,
  { hidden, leak }: Beside,
): Verdict {
  if (isNonFinite(lane)) {
    const reason: Reason = { is: 'neither is finite', byPolicy: isBornMasked(lane) };
    return verdictOf('agree-non-finite', 0, reason, mendAdvice(lane));
  }
  const next: Advice = hidden
    ? { to: 'mend what is hidden' }
    : leak
      ? { to: 'keep causality' }
      : exploreAdvice(lane, command);
  const reason: Reason =
    labels.compared === 0 && metrics.length === 0
      ? { is: 'ops agreed', aligned: ops.aligned }
      : { is: 'agreed', rtol, atol };
  return verdictOf('agree', 0, reason, next);
}

/** A run that names an op can be cut down to it; one traced through a filter may name another op than the one at fault. */
function canReduce({ reducible, target, reference, comparison }: Evidence, { code }: Verdict): boolean {
  const lanes = [target, reference];
  if (reducible === undefined || lanes.some((lane) => lane?.cascade?.filters)) return false;
  const divergence = comparison?.ops.firstDivergence !== undefined;
  const origin = lanes.some((lane) => lane?.cascade?.origin);
  const own = comparison !== undefined && ownStep(comparison) !== undefined;
  const named: Partial<Record<Decision['code'], boolean>> = {
    agree: origin,
    'agree-non-finite': origin,
    'no-reference': origin,
    'classes-differ': divergence,
    'kernel-bug-suspected': divergence || own,
    'numbers-differ': own,
    'permitted-by-wgsl': divergence,
  };
  return named[code] ?? false;
}

function decideLanes(evidence: Evidence, beside: Beside): Verdict {
  const failed = laneFailed(evidence);
  if (failed) return failed;
  const { target, reference, comparison } = evidence;
  if (!target || (evidence.referenceWanted && !reference)) {
    const role = target ? 'reference' : 'target';
    return verdictOf('lane-failed', 1, { is: 'no result', role }, { to: 'ask the doctor' });
  }
  const taps = replayVerdict({ target, reference }, 'batch');
  if (taps) {
    const { code, exitCode, replay } = taps;
    return verdictOf(
      code,
      exitCode,
      { is: 'taps change it', ...replay },
      { to: 'look where taps differ', replay },
    );
  }
  if (!reference || !comparison) return oneLane(target, evidence, beside);
  const differing = comparison.configuration;
  const apart = flaky(comparison) ?? classesApart(evidence, comparison) ?? numbersApart(evidence, comparison);
  if (differing.length > 0 && (apart || !evidence.separateRuns)) {
    const reason: Reason = { is: 'settings apart', differing, beside: apart?.reason };
    return verdictOf('configuration-differs', 1, reason, rerunAdvice(differing));
  }
  return (
    (apart && environmentsApart(evidence, comparison, apart)) ??
    apart ??
    agreed(target, evidence, comparison, beside)
  );
}

/** @returns What is the case; exactly one of its codes fits any evidence. */
export function decideVerdict(evidence: Evidence): Decision {
  const beside = besideOf(evidence);
  const verdict = withExitCode(decideLanes(evidence, beside), evidence, evidence.failOn);
  const next: readonly Advice[] = canReduce(evidence, verdict)
    ? [...verdict.next, { to: 'reduce', folder: evidence.reducible! }]
    : verdict.next;
  return { ...verdict, next, beside };
}

/** @returns The verdict as it is written down, with the sentences that report makes of the decision. */
export const judge = (evidence: Evidence): VerdictRecord => wordVerdict(decideVerdict(evidence), evidence);
