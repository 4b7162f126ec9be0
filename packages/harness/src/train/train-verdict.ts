/** From the lanes of a training run and their comparison to what is the case, an exit code and what to do next. Data, no prose. Pure. */

import type { LaneOutcome, LaneTask } from '@nanscope/lane';
import {
  fromJsonNumber,
  type QuantityComparison,
  type TrainComparisonRecord,
  type TrainLaneRecord,
  type TrainVerdictRecord,
} from '@nanscope/record';
import type { Finding } from '@nanscope/settings';
import { type OwnReason, type TrainAdvice, type TrainDecision, wordTrainVerdict } from '@nanscope/words';
import { replayVerdict } from '../compare/beside.ts';
import { rerunAdvice } from '../compare/compare-config.ts';
import { verdictOf } from '../compare/evidence.ts';
import { withExitCode } from '../compare/exit-code.ts';

export interface TrainEvidence {
  readonly target?: TrainLaneRecord | undefined;
  readonly reference?: TrainLaneRecord | undefined;
  readonly comparison?: TrainComparisonRecord | undefined;
  readonly outcomes: Partial<Record<LaneTask['role'], LaneOutcome>>;
  readonly referenceWanted: boolean;
  readonly folder: string;
  /** Runs made apart may differ in configuration, and may have been interrupted; lanes of one run may not. */
  readonly separateRuns?: boolean;
  /** `--fail-on`; absent: what was asked for decides. */
  readonly failOn?: readonly Finding[] | undefined;
}

/** A run that was stopped before any lane began. */
export const interruptedEarly: TrainVerdictRecord = wordTrainVerdict(
  verdictOf('interrupted', 130, { is: 'not begun' }, { to: 'run again' }),
  {},
);

const savedIn = (lane: TrainLaneRecord | undefined) => lane?.training.checkpoints.at(-1)?.step;

function interrupted({ target, reference, outcomes, folder }: TrainEvidence): TrainDecision | undefined {
  const lanes = [target, reference].filter((lane) => lane !== undefined);
  const stopped =
    lanes.some((lane) => lane.status === 'interrupted') ||
    Object.values(outcomes).some((outcome) => outcome.status === 'interrupted');
  if (!stopped) return undefined;
  const saved = savedIn(target);
  return verdictOf(
    'interrupted',
    130,
    { is: 'interrupted', step: target?.training.steps ?? 0, saved },
    saved === undefined ? { to: 'run again' } : { to: 'resume', folder },
  );
}

function laneFailed({ target, outcomes, folder }: TrainEvidence): TrainDecision | undefined {
  const ended = Object.entries(outcomes).filter(([, { status }]) => status !== 'complete');
  if (ended.length === 0) return undefined;
  const absent = ended.some(([, { userError }]) => userError?.exitCode === 3);
  const intact = savedIn(target);
  return verdictOf(
    'lane-failed',
    absent ? 3 : 1,
    {
      is: 'lanes ended early',
      lanes: ended.map(([role, { status, failure }]) => ({ role, status, failure })),
    },
    intact === undefined ? { to: 'see what the device can do' } : { to: 'resume', folder, intact },
  );
}

/** What to do about a step that was not finite. */
function hitAdvice(lane: TrainLaneRecord, folder: string): TrainAdvice[] {
  const byPolicy = lane.policy.rowGuard === 'none' && /h\.\d+.*attn/.test(lane.cascade?.origin?.key ?? '');
  const skip = lane.config['on-nonfinite'] === 'skip';
  return [
    ...(byPolicy ? [{ to: 'guard rows' } as const] : []),
    savedIn(lane) === undefined ? { to: 'begin again' } : { to: 'resume with other flags', folder, skip },
  ];
}

/** What the target came to by itself. */
function ownVerdict(lane: TrainLaneRecord, folder: string): TrainDecision & { readonly reason: OwnReason } {
  const { training } = lane;
  if (training.end === 'non-finite')
    return verdictOf('stopped-non-finite', 1, { is: 'stopped' }, ...hitAdvice(lane, folder));
  const loss = training.validation.at(-1)?.loss ?? training.loss;
  if (loss !== undefined && !Number.isFinite(fromJsonNumber(loss)))
    return verdictOf('ended-non-finite', 1, { is: 'ended', loss }, ...hitAdvice(lane, folder));
  const best = training.checkpoints.find((one) => one.best) ?? training.checkpoints.at(-1);
  const model = training.saved ?? `${folder}/target/checkpoints/${best?.folder ?? ''}`;
  return verdictOf('trained', 0, { is: 'trained' }, { to: 'evaluate', model });
}

/** The earliest difference of a kind over all quantities. */
function earliest(
  { quantities }: TrainComparisonRecord,
  kind: 'firstClassDifference' | 'firstBeyond',
): QuantityComparison | undefined {
  return quantities.filter((one) => one[kind] !== undefined).sort((a, b) => a[kind]!.step - b[kind]!.step)[0];
}

function lanesApart(
  target: TrainLaneRecord,
  reference: TrainLaneRecord,
  comparison: TrainComparisonRecord,
): TrainDecision | undefined {
  const byClass = earliest(comparison, 'firstClassDifference');
  if (byClass) {
    const origin = target.cascade?.origin ? 'target' : 'reference';
    const reason = { is: 'classes apart', quantity: byClass, origin } as const;
    return verdictOf('classes-differ', 1, reason, { to: 'evaluate on both' });
  }
  // Two lanes whose common steps agree, and of which one went on where the other did not.
  const ends = [target.training.end, reference.training.end];
  if (ends[0] !== ends[1]) {
    const code = ends.includes('non-finite') ? 'classes-differ' : 'numbers-differ';
    return verdictOf(code, 1, { is: 'ends apart' }, { to: 'compare the last steps' });
  }
  const byNumber = earliest(comparison, 'firstBeyond');
  if (byNumber) {
    const reason = { is: 'numbers apart', quantity: byNumber } as const;
    return verdictOf('numbers-differ', 1, reason, { to: 'expect rounding to grow' });
  }
  const { divergent, sameOrigin, firstDivergence } = comparison.ops;
  if (divergent === 0 && sameOrigin !== false) return undefined;
  const reason = { is: 'cascades apart', first: firstDivergence } as const;
  return verdictOf('classes-differ', 1, reason, { to: 'compare the origins' });
}

function verdict(evidence: TrainEvidence): TrainDecision {
  const { target, reference, comparison, folder } = evidence;
  const early = evidence.separateRuns ? undefined : (interrupted(evidence) ?? laneFailed(evidence));
  if (early) return early;
  if (!target || (evidence.referenceWanted && !reference)) {
    const role = target ? 'reference' : 'target';
    return verdictOf('lane-failed', 1, { is: 'no result', role }, { to: 'ask the doctor' });
  }
  const taps = replayVerdict({ target, reference }, 'step');
  if (taps) {
    const { code, exitCode, replay } = taps;
    return verdictOf(
      code,
      exitCode,
      { is: 'taps change it', ...replay },
      { to: 'look where taps differ', replay },
    );
  }
  const own = ownVerdict(target, folder);
  if (!reference || !comparison) return own;
  const apart = lanesApart(target, reference, comparison);
  const differing = comparison.configuration;
  if (differing.length > 0 && (apart || !evidence.separateRuns)) {
    const reason = { is: 'settings apart', differing, beside: apart?.reason } as const;
    return verdictOf('configuration-differs', 1, reason, rerunAdvice(differing));
  }
  if (apart) return apart;
  const reason = { is: 'agreed', own: own.reason, steps: comparison.steps.compared } as const;
  return { ...own, code: own.code === 'trained' ? 'agree' : 'agree-non-finite', reason };
}

/** @returns What is the case; exactly one of its codes fits any evidence. */
export const decideTraining = (evidence: TrainEvidence): TrainDecision =>
  withExitCode(verdict(evidence), evidence, evidence.failOn);

/** @returns The verdict as it is written down, with the sentences that report makes of the decision. */
export const judgeTraining = (evidence: TrainEvidence): TrainVerdictRecord =>
  wordTrainVerdict(decideTraining(evidence), evidence);
