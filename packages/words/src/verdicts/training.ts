/**
 * What is the case in a training run, as data, and the two sentences made of it. What is the case is decided in the
 * harness (train/train-verdict.ts), which says nothing; nothing is decided here.
 */
import type {
  QuantityComparison,
  TrainComparisonRecord,
  TrainLaneRecord,
  TrainVerdictRecord,
} from '@nanscope/record';
import { count, counted, setting, tolerance } from '../number.ts';
import {
  capital,
  endings,
  type RerunAdvice,
  rerunWords,
  type SettingDifference,
  settingsApart,
  type TapReplay,
  tapReplayAdvice,
  tapReplayWords,
} from './clauses.ts';
import { originWords } from './places.ts';

type Role = 'target' | 'reference';

/** What one lane came to. */
export type OwnReason =
  | { readonly is: 'stopped' }
  | { readonly is: 'ended'; readonly loss: string | number }
  | { readonly is: 'trained' };

/** What is the case, with the counts and places that show it. */
export type TrainReason =
  | { readonly is: 'not begun' }
  | { readonly is: 'interrupted'; readonly step: number; readonly saved?: number | undefined }
  | {
      readonly is: 'lanes ended early';
      readonly lanes: readonly {
        readonly role: string;
        readonly status: keyof typeof endings;
        readonly failure?: string | undefined;
      }[];
    }
  | { readonly is: 'no result'; readonly role: Role }
  | ({ readonly is: 'taps change it' } & TapReplay)
  | OwnReason
  | { readonly is: 'agreed'; readonly own: OwnReason; readonly steps: number }
  | { readonly is: 'classes apart'; readonly quantity: QuantityComparison; readonly origin: Role }
  | { readonly is: 'numbers apart'; readonly quantity: QuantityComparison }
  | { readonly is: 'ends apart' }
  | { readonly is: 'cascades apart'; readonly first?: string | undefined }
  | {
      readonly is: 'settings apart';
      readonly differing: readonly SettingDifference[];
      readonly beside?: TrainReason | undefined;
    };

/** A next step, by what it is. */
export type TrainAdvice =
  | { readonly to: 'run again' | 'ask the doctor' | 'see what the device can do' | 'evaluate on both' }
  | { readonly to: 'compare the last steps' | 'expect rounding to grow' | 'compare the origins' }
  | { readonly to: 'guard rows' | 'begin again' }
  | RerunAdvice
  | { readonly to: 'resume'; readonly folder: string; readonly intact?: number | undefined }
  | { readonly to: 'resume with other flags'; readonly folder: string; readonly skip: boolean }
  | { readonly to: 'evaluate'; readonly model: string }
  | { readonly to: 'look where taps differ'; readonly replay: TapReplay };

/** A verdict without a word: what a caller may act on. */
export interface TrainDecision extends Pick<TrainVerdictRecord, 'code' | 'exitCode' | 'findings'> {
  readonly reason: TrainReason;
  readonly next: readonly TrainAdvice[];
}

/** The records that a decision was made of. */
export interface TrainDecided {
  readonly target?: TrainLaneRecord | undefined;
  readonly reference?: TrainLaneRecord | undefined;
  readonly comparison?: TrainComparisonRecord | undefined;
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

const entropyWords = (lane: TrainLaneRecord): string => {
  const { entropyRate } = lane.data;
  const best = lane.training.best?.loss;
  if (entropyRate === undefined || best === undefined) return '';
  return `, ${((best / entropyRate - 1) * 100).toFixed(2)} % above the entropy rate of the corpus`;
};

function ownWords(reason: OwnReason, lane: TrainLaneRecord): string {
  const { training } = lane;
  if (reason.is === 'stopped') return `Stopped before the update of ${hitWords(lane)}.`;
  if (reason.is === 'ended')
    return `Trained ${counted(training.steps, 'step')}, and the loss at the end is ${reason.loss}: ${hitWords(lane)}.`;
  const hits = training.nonFinite.length + training.nonFiniteCut;
  const skipped =
    hits > 0 ? ` ${hits} of the steps were not finite, the first of them ${hitWords(lane)}.` : '';
  const best = training.best
    ? `; the best validation loss is ${training.best.loss.toPrecision(6)} after step ${training.best.step}${entropyWords(lane)}`
    : '';
  const end =
    typeof training.loss === 'number'
      ? `; the loss at the end is ${Number(training.loss.toPrecision(6))}`
      : '';
  const why =
    training.end === 'patience' ? ' and ended early, because the validation loss no longer fell' : '';
  return `Trained ${counted(training.steps, 'step')}${why}${end}${best}.${skipped}`;
}

function differenceWords({ name, firstClassDifference, firstBeyond }: QuantityComparison): string {
  const first = firstClassDifference ?? firstBeyond!;
  const quantity = name === 'gradNorm' ? 'gradient norm' : name;
  return `the ${quantity} at step ${first.step} is ${first.target} on the target and ${first.reference} on the reference`;
}

function endWords({ training }: TrainLaneRecord): string {
  const hit = training.nonFinite.at(-1);
  const words = {
    steps: 'made all its steps',
    patience: 'ended early, because its validation loss no longer fell',
    'non-finite': `stopped at step ${hit?.step ?? training.steps} (${hit?.reason ?? 'not finite'})`,
    interrupted: 'was interrupted',
  };
  return training.end ? words[training.end] : 'has no end';
}

function reasonWords(reason: TrainReason, decided: TrainDecided): string {
  const { target, reference, comparison } = decided;
  switch (reason.is) {
    case 'not begun':
      return 'Interrupted before anything was computed; nothing was written.';
    case 'interrupted':
      return `Interrupted after step ${reason.step}; ${reason.saved === undefined ? 'no checkpoint was saved' : `the checkpoint of step ${reason.saved} is saved`}.`;
    case 'lanes ended early': {
      const ended = reason.lanes.map(
        ({ role, status, failure }) => `the ${role} ${endings[status]} (${failure ?? 'no reason known'})`,
      );
      return `${capital(ended.join(' and '))}.`;
    }
    case 'no result':
      return `The ${reason.role} left no result.`;
    case 'taps change it':
      return tapReplayWords(reason);
    case 'classes apart':
      return `NaN, infinite and finite values differ between the devices: ${differenceWords(reason.quantity)}; ${originWords((reason.origin === 'target' ? target : reference) ?? {})}.`;
    case 'numbers apart': {
      const needed = comparison!.quantities
        .filter(({ compared }) => compared > 0)
        .map((one) => `${one.name} would need ${tolerance(one.requiredRtol)}`);
      return `The devices diverge: ${differenceWords(reason.quantity)}, further apart than rtol ${setting(comparison!.rtol)}; ${needed.join(', ')}.`;
    }
    case 'ends apart':
      return `The devices end differently: the target ${endWords(target!)}, the reference ${endWords(reference!)}.`;
    case 'cascades apart':
      return `The losses agree, but the cascades differ, first at ${reason.first ?? 'their origins'}.`;
    case 'settings apart':
      return `The configurations differ (${settingsApart(reason.differing)}).${reason.beside ? ` ${reasonWords(reason.beside, decided)}` : ''}`;
    case 'agreed': {
      const { rtol, atol } = comparison!;
      const steps = reason.steps === 1 ? 'the one step' : `all ${count(reason.steps)} steps`;
      return `${ownWords(reason.own, target!)} Both devices agree in ${steps} within rtol ${setting(rtol)}, atol ${setting(atol)}.`;
    }
    default:
      return ownWords(reason, target!);
  }
}

const fixed = {
  'run again': 'Run the same command again.',
  'ask the doctor': 'Run nanscope doctor.',
  'see what the device can do': 'nanscope doctor shows what the device can do.',
  'evaluate on both':
    'Evaluate the last checkpoint on both devices with nanscope eval: it replays the op at which they part, and tells the order of a sum from a kernel at fault.',
  'compare the last steps':
    'Compare the last steps in metrics.jsonl of both devices; --trace health names the op.',
  'expect rounding to grow':
    'Training amplifies rounding: a difference that grows slowly from 1e-7 is expected in a long run; one that jumps is a kernel to look at with --trace full.',
  'compare the origins': 'Compare the two origins above.',
  'guard rows': 'The masking policy is the cause, not a device. Fix: --row-guard zeros, or --policy safe.',
  'begin again': 'There is no checkpoint before it.',
};

function adviceWords(advice: TrainAdvice): string {
  switch (advice.to) {
    case 'resume': {
      const intact = advice.intact === undefined ? '' : `The checkpoint of step ${advice.intact} is intact. `;
      return `${intact}Continue with nanscope train --resume ${advice.folder}.`;
    }
    case 'resume with other flags':
      return `The last good state is kept; go on with nanscope train --resume ${advice.folder} and other flags${advice.skip ? '' : ', or with --on-nonfinite skip'}.`;
    case 'rerun':
      return rerunWords(advice);
    case 'evaluate':
      return `Evaluate it with nanscope eval --model ${advice.model}.`;
    case 'look where taps differ':
      return tapReplayAdvice(advice.replay);
    default:
      return fixed[advice.to];
  }
}

/** The verdict as it is written down: the decision, and the sentences made of it. */
export function wordTrainVerdict(decision: TrainDecision, decided: TrainDecided): TrainVerdictRecord {
  const { code, exitCode, findings, reason, next } = decision;
  return {
    ...{ code, exitCode },
    sentence: reasonWords(reason, decided),
    next: next.map(adviceWords).join(' '),
    ...(findings && { findings }),
  };
}
