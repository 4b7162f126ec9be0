/** From the lanes of a training run and their comparison to one sentence, an exit code and what to do next. Pure. */

import type { LaneOutcome, LaneTask } from '@nanscope/lane';
import {
  fromJsonNumber,
  type QuantityComparison,
  type TrainComparisonRecord,
  type TrainLaneRecord,
  type TrainVerdictRecord,
} from '@nanscope/record';
import { count, counted, settingWords, toleranceWords } from '@nanscope/report';
import type { Finding } from '@nanscope/settings';
import { withExitCode } from '../compare/exit-code.ts';
import { originWords } from '../compare/origin-words.ts';
import { replayVerdict } from '../compare/replay-verdict.ts';

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
export const interruptedEarly: TrainVerdictRecord = {
  code: 'interrupted',
  exitCode: 130,
  sentence: 'Interrupted before a lane began; nothing was written.',
  next: 'Run the same command again.',
};

const capital = (text: string) => text.replace(/^./, (letter) => letter.toUpperCase());

const resumeWords = (folder: string) => `Continue with nanscope train --resume ${folder}.`;

function interrupted({ target, reference, outcomes, folder }: TrainEvidence): TrainVerdictRecord | undefined {
  const lanes = [target, reference].filter((lane) => lane !== undefined);
  const stopped =
    lanes.some((lane) => lane.status === 'interrupted') ||
    Object.values(outcomes).some((outcome) => outcome.status === 'interrupted');
  if (!stopped) return undefined;
  const step = target?.training.steps ?? 0;
  const saved = target?.training.checkpoints.at(-1);
  return {
    code: 'interrupted',
    exitCode: 130,
    sentence: `Interrupted after step ${step}; ${saved ? `the checkpoint of step ${saved.step} is saved` : 'no checkpoint was saved'}.`,
    next: saved ? resumeWords(folder) : 'Run the same command again.',
  };
}

const failures = {
  crashed: 'crashed',
  hung: 'hung',
  'device-lost': 'lost its device',
  failed: 'failed',
  interrupted: 'was interrupted',
  complete: 'is complete',
};

function laneFailed({ target, outcomes, folder }: TrainEvidence): TrainVerdictRecord | undefined {
  const broken = Object.entries(outcomes).filter(([, outcome]) => outcome.status !== 'complete');
  if (broken.length === 0) return undefined;
  const said = broken.map(
    ([role, { status, failure }]) => `the ${role} lane ${failures[status]} (${failure ?? 'no reason known'})`,
  );
  const absent = broken.some(([, outcome]) => outcome.userError?.exitCode === 3);
  const saved = target?.training.checkpoints.at(-1);
  return {
    code: 'lane-failed',
    exitCode: absent ? 3 : 1,
    sentence: `${capital(said.join(' and '))}.`,
    next: saved
      ? `The checkpoint of step ${saved.step} is intact. ${resumeWords(folder)}`
      : 'nanscope doctor shows what the device can do.',
  };
}

/** What a step that was not finite means, with the origin where it was traced. */
function hitWords(lane: TrainLaneRecord): string {
  const hit = lane.training.nonFinite[0];
  if (!hit) return '';
  const traced = lane.cascade?.origin?.batch;
  const when = traced === undefined || traced === hit.step ? '' : `, in step ${traced}`;
  const where = hit.weightsFinite
    ? `${originWords(lane)}${when}`
    : `the weights were broken by the update before it; ${originWords(lane)}`;
  return `step ${hit.step}: ${hit.reason}; ${where}`;
}

function hitAdvice(lane: TrainLaneRecord, folder: string): string {
  const guard =
    lane.policy.rowGuard === 'none' && /h\.\d+.*attn/.test(lane.cascade?.origin?.key ?? '')
      ? 'It is the policy, not the device: use a row guard (--row-guard zeros, or --policy safe). '
      : '';
  const saved = lane.training.checkpoints.at(-1);
  const skip = lane.config['on-nonfinite'] === 'skip' ? '' : ', or with --on-nonfinite skip';
  const state = saved
    ? `The last good state is kept; go on with nanscope train --resume ${folder} and other flags${skip}.`
    : 'There is no checkpoint before it.';
  return `${guard}${state}`;
}

const entropyWords = (lane: TrainLaneRecord): string => {
  const { entropyRate } = lane.data;
  const best = lane.training.best?.loss;
  if (entropyRate === undefined || best === undefined) return '';
  return `, ${((best / entropyRate - 1) * 100).toFixed(2)} % above the entropy rate of the corpus`;
};

function ownVerdict(lane: TrainLaneRecord, folder: string): TrainVerdictRecord {
  const { training } = lane;
  if (training.end === 'non-finite') {
    return {
      code: 'stopped-non-finite',
      exitCode: 1,
      sentence: `Stopped before the update of ${hitWords(lane)}.`,
      next: hitAdvice(lane, folder),
    };
  }
  const last = training.validation.at(-1)?.loss ?? training.loss;
  if (last !== undefined && !Number.isFinite(fromJsonNumber(last))) {
    return {
      code: 'ended-non-finite',
      exitCode: 1,
      sentence: `Trained ${counted(training.steps, 'step')}, and the loss at the end is ${last}: ${hitWords(lane)}.`,
      next: hitAdvice(lane, folder),
    };
  }
  const hits = training.nonFinite.length + training.nonFiniteCut;
  const skipped =
    hits > 0 ? ` ${hits} of the steps were not finite, the first of them ${hitWords(lane)}.` : '';
  const best = training.best
    ? `; the best validation loss is ${training.best.loss.toPrecision(6)} after step ${training.best.step}${entropyWords(lane)}`
    : '';
  const why = training.end === 'patience' ? ' and ended early, for the validation loss fell no more' : '';
  const model =
    training.saved ??
    `${folder}/target/checkpoints/${training.checkpoints.find((one) => one.best)?.folder ?? training.checkpoints.at(-1)?.folder ?? ''}`;
  return {
    code: 'trained',
    exitCode: 0,
    sentence: `Trained ${counted(training.steps, 'step')}${why}${best}.${skipped}`,
    next: `Evaluate it with nanscope eval --model ${model}.`,
  };
}

const differenceWords = ({ name, firstClassDifference, firstBeyond }: QuantityComparison): string => {
  const first = firstClassDifference ?? firstBeyond!;
  const quantity = name === 'gradNorm' ? 'gradient norm' : name;
  return `the ${quantity} at step ${first.step} is ${first.target} on the target and ${first.reference} on the reference`;
};

/** The earliest difference of a kind over all quantities. */
function earliest(
  { quantities }: TrainComparisonRecord,
  kind: 'firstClassDifference' | 'firstBeyond',
): QuantityComparison | undefined {
  return quantities.filter((one) => one[kind] !== undefined).sort((a, b) => a[kind]!.step - b[kind]!.step)[0];
}

/** What has to be equal for the numbers to mean anything, and is not. */
function configurationVerdict(
  { configuration }: TrainComparisonRecord,
  apart: TrainVerdictRecord | undefined,
): TrainVerdictRecord {
  const which = configuration.map((one) => `${one.name}: ${one.reference} against ${one.target}`).join('; ');
  return {
    code: 'configuration-differs',
    exitCode: 1,
    sentence: `The configurations differ (${which}).${apart ? ` ${apart.sentence}` : ''}`,
    next: 'Compare runs of the same configuration before a device is blamed.',
  };
}

function endWords({ training }: TrainLaneRecord): string {
  const hit = training.nonFinite.at(-1);
  const words = {
    steps: 'did all its steps',
    patience: 'ended early, for its validation loss fell no more',
    'non-finite': `stopped at step ${hit?.step ?? training.steps} (${hit?.reason ?? 'not finite'})`,
    interrupted: 'was interrupted',
  };
  return training.end ? words[training.end] : 'has no end';
}

/** Two lanes whose common steps agree, and of which one went on where the other did not. */
function endsVerdict(target: TrainLaneRecord, reference: TrainLaneRecord): TrainVerdictRecord | undefined {
  const ends = [target.training.end, reference.training.end];
  if (ends[0] === ends[1]) return undefined;
  return {
    code: ends.includes('non-finite') ? 'classes-differ' : 'numbers-differ',
    exitCode: 1,
    sentence: `The lanes end differently: the target ${endWords(target)}, the reference ${endWords(reference)}.`,
    next: 'Compare the last steps in metrics.jsonl of both lanes; --trace health names the op.',
  };
}

function lanesVerdict(
  target: TrainLaneRecord,
  reference: TrainLaneRecord,
  comparison: TrainComparisonRecord,
): TrainVerdictRecord | undefined {
  const byClass = earliest(comparison, 'firstClassDifference');
  if (byClass) {
    return {
      code: 'classes-differ',
      exitCode: 1,
      sentence: `NaN, infinite and finite values differ between the lanes: ${differenceWords(byClass)}; ${originWords(target.cascade?.origin ? target : reference)}.`,
      next: 'Send the run folder and the output of nanscope doctor to the authors of the kernel that is named.',
    };
  }
  const byEnd = endsVerdict(target, reference);
  if (byEnd) return byEnd;
  const byNumber = earliest(comparison, 'firstBeyond');
  if (byNumber) {
    return {
      code: 'numbers-differ',
      exitCode: 1,
      sentence: `The lanes part: ${differenceWords(byNumber)}, further apart than rtol ${settingWords(comparison.rtol)}; ${comparison.quantities
        .filter(({ compared }) => compared > 0)
        .map((one) => `${one.name} would need ${toleranceWords(one.requiredRtol)}`)
        .join(', ')}.`,
      next: 'Training amplifies rounding: a difference that grows slowly from 1e-7 is expected in a long run; one that jumps is a kernel to look at with --trace full.',
    };
  }
  const { ops } = comparison;
  if (ops.divergent > 0 || ops.sameOrigin === false) {
    return {
      code: 'classes-differ',
      exitCode: 1,
      sentence: `The losses agree, but the cascades differ, first at ${ops.firstDivergence ?? 'their origins'}.`,
      next: 'Compare the two origins above.',
    };
  }
  return undefined;
}

/** @returns The verdict; exactly one of its codes fits any evidence. */
export const judgeTraining = (evidence: TrainEvidence): TrainVerdictRecord =>
  withExitCode(verdictOf(evidence), evidence, evidence.failOn);

function verdictOf(evidence: TrainEvidence): TrainVerdictRecord {
  const { target, reference, comparison, folder } = evidence;
  const early = evidence.separateRuns ? undefined : (interrupted(evidence) ?? laneFailed(evidence));
  if (early) return early;
  if (!target || (evidence.referenceWanted && !reference)) {
    return {
      code: 'lane-failed',
      exitCode: 1,
      sentence: `The ${target ? 'reference' : 'target'} lane left no result.`,
      next: 'Run nanscope doctor.',
    };
  }
  const replayed = replayVerdict({ target, reference }, 'step');
  if (replayed) return replayed;
  const own = ownVerdict(target, folder);
  if (!reference || !comparison) return own;
  const apart = lanesVerdict(target, reference, comparison);
  if (comparison.configuration.length > 0 && (apart || !evidence.separateRuns))
    return configurationVerdict(comparison, apart);
  if (apart) return apart;
  const steps = `Both lanes agree in ${comparison.steps.compared === 1 ? 'the one step' : `all ${count(comparison.steps.compared)} steps`} within rtol ${settingWords(comparison.rtol)}, atol ${settingWords(comparison.atol)}`;
  return own.code === 'trained'
    ? { ...own, code: 'agree', sentence: `${own.sentence} ${steps}.` }
    : { ...own, code: 'agree-non-finite', sentence: `${own.sentence} ${steps}.` };
}
