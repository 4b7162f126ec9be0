/**
 * From a verdict and what was found to the exit code: one rule for eval, train and compare. `--fail-on` names the
 * findings that fail. Without it, as on a terminal, a difference fails, and so does a loss that is not finite unless the
 * user asked for a policy that makes NaN of a fully masked row, and that is what it is. Pure.
 */
import {
  type ExitFinding,
  fromJsonNumber,
  type JsonNumber,
  type LaneRecord,
  type TrainLaneRecord,
  type TrainVerdictRecord,
  type VerdictRecord,
} from '@nanscope/record';
import { type Finding, isUnguarded } from '@nanscope/settings';

type Lane = LaneRecord | TrainLaneRecord;

/** Whether a lane's NaN was seen to be born in a row whose keys are all masked. */
export function isBornMasked({ cascade }: Pick<LaneRecord, 'cascade'>): boolean {
  const origin = cascade?.filters ? undefined : cascade?.origin;
  return [origin, origin?.becameNaN].some((one) => one?.mechanism.name === 'fully masked row');
}

type Code = VerdictRecord['code'] | TrainVerdictRecord['code'];

/** The verdicts that say that two devices differ. */
const differences: ReadonlySet<Code> = new Set<Code>([
  'classes-differ',
  'permitted-by-wgsl',
  'permitted-by-float32',
  'kernel-bug-suspected',
  'numbers-differ',
]);

/** Where nothing can be said of the result, no finding decides: it fails, or was interrupted. */
const beyondFindings: ReadonlySet<Code> = new Set<Code>([
  'lane-failed',
  'interrupted',
  'flaky',
  'vanishes-under-observation',
  'configuration-differs',
]);

/** The loss that a lane ends with; undefined where it has none. */
function lossOf(lane: Lane): JsonNumber | undefined {
  if (lane.kind === 'lane') return lane.metrics?.loss;
  return lane.training.validation.at(-1)?.loss ?? lane.training.loss;
}

const stopped = (lane: Lane): boolean => lane.kind === 'train-lane' && lane.training.end === 'non-finite';

/** Whether the loss that a lane is for is NaN or infinite, or a training run was stopped by a step that was. */
function isLossNonFinite(lane: Lane): boolean {
  const loss = lossOf(lane);
  return stopped(lane) || (loss !== undefined && !Number.isFinite(fromJsonNumber(loss)));
}

/**
 * Whether a NaN is what the user asked for: a policy without a guard, which nobody has by default, and a fully masked row
 * as its origin. A training run that it stopped did not do what was asked.
 */
function isAskedFor(lane: Lane): boolean {
  const { policy, cascade } = lane;
  if (stopped(lane)) return false;
  if (!cascade?.origin || cascade.filters) return isUnguarded(policy);
  return policy.rowGuard === 'none' && isBornMasked(lane);
}

/** Why something fails, or does not, where `--fail-on` says so itself. */
const listed = (finding: Finding, failOn: readonly Finding[]): ExitFinding =>
  failOn.includes(finding)
    ? { finding, fails: true, reason: `${finding} is in --fail-on ${failOn.join(',')}` }
    : { finding, fails: false, reason: `not in --fail-on ${failOn.join(',')}` };

function nanFinding(lanes: readonly Lane[], failOn: readonly Finding[] | undefined): ExitFinding {
  if (failOn) return listed('nan', failOn);
  const asked = lanes.every(isAskedFor);
  const names = [...new Set(lanes.map(({ policy }) => policy.name))].join(' and ');
  return {
    finding: 'nan',
    fails: !asked,
    reason: asked
      ? `the policy ${names} was asked for, and makes NaN of a fully masked row; --fail-on nan fails on it`
      : lanes.some(stopped)
        ? 'a step that is not finite stopped the training'
        : 'the loss is not finite, and no policy that makes it so was asked for',
  };
}

/** What was found in a result, each with whether it fails. */
function findingsOf(
  code: Code,
  lanes: readonly Lane[],
  failOn: readonly Finding[] | undefined,
): ExitFinding[] {
  const broken = lanes.filter(isLossNonFinite);
  const leaks = lanes.some(
    (lane) => lane.kind === 'lane' && lane.leak && lane.leak.leaks.length + lane.leak.leaksCut > 0,
  );
  return [
    ...(broken.length > 0 ? [nanFinding(broken, failOn)] : []),
    ...(differences.has(code) ? [listed('differ', failOn ?? ['differ'])] : []),
    ...(leaks ? [listed('leak', failOn ?? ['differ'])] : []),
  ];
}

type Judged = Pick<VerdictRecord | TrainVerdictRecord, 'code' | 'exitCode' | 'findings'>;

/** @returns the verdict with its exit code and, where they decide it, the findings. */
export function withExitCode<V extends Judged>(
  verdict: V,
  lanes: Partial<Record<'target' | 'reference', Lane | undefined>>,
  failOn: readonly Finding[] | undefined,
): V {
  if (beyondFindings.has(verdict.code)) return verdict;
  const both = [lanes.target, lanes.reference].filter((lane) => lane !== undefined);
  const findings = findingsOf(verdict.code, both, failOn);
  const exitCode = findings.some(({ fails }) => fails) ? 1 : 0;
  return { ...verdict, exitCode, ...(findings.length > 0 && { findings }) };
}
