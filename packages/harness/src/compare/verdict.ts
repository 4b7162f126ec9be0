/** From two lanes and their comparison to one sentence, an exit code and what to do next. Pure. */

import { inWords } from '@nanscope/errors';
import type { LaneOutcome, LaneTask } from '@nanscope/lane';
import {
  backendName,
  type ComparisonRecord,
  fromJsonNumber,
  type LaneRecord,
  type ShadowStep,
  type VerdictRecord,
} from '@nanscope/record';
import { count, counted, settingWords, toleranceWords } from '@nanscope/report';
import type { Finding } from '@nanscope/settings';
import { exploreAdvice, maskedAdvice, mendAdvice } from './advice.ts';
import { sameDevice } from './compare-config.ts';
import { withExitCode } from './exit-code.ts';
import { causeWords, isBornMasked, lossWords, withLosses } from './loss-words.ts';
import { hiddenWords, leftBehindWords } from './origin-words.ts';
import { replayVerdict } from './replay-verdict.ts';
import { flakyWords, ownStep, shadowWords } from './shadow-words.ts';

export interface Evidence {
  readonly target?: LaneRecord | undefined;
  readonly reference?: LaneRecord | undefined;
  readonly comparison?: ComparisonRecord | undefined;
  readonly outcomes: Partial<Record<LaneTask['role'], LaneOutcome>>;
  readonly referenceWanted: boolean;
  /** The command as typed, to build the next one from. */
  readonly command: string;
  /** Runs made apart may differ in configuration; lanes of one run may not. */
  readonly separateRuns?: boolean;
  /** Whether it is written where `nanscope reduce` can read it. */
  readonly reducible?: boolean;
  /** `--fail-on`; absent: what was asked for decides. */
  readonly failOn?: readonly Finding[] | undefined;
}

const isNonFinite = (lane: LaneRecord | undefined) =>
  lane?.metrics !== undefined && !Number.isFinite(fromJsonNumber(lane.metrics.loss));

const words = {
  crashed: 'crashed',
  hung: 'hung',
  'device-lost': 'lost its device',
  failed: 'failed',
  interrupted: 'was interrupted',
  complete: 'is complete',
};

/** A run that was stopped before either lane began. */
export const interrupted: VerdictRecord = {
  code: 'lane-failed',
  exitCode: 130,
  sentence: 'Interrupted before a lane began; nothing was written.',
  next: 'Run the same command again.',
};

function laneFailed(evidence: Evidence): VerdictRecord | undefined {
  const broken = Object.entries(evidence.outcomes).filter(([, outcome]) => outcome.status !== 'complete');
  if (broken.length === 0) return undefined;
  const stopped = broken.some(([, outcome]) => outcome.status === 'interrupted');
  const said = broken.map(([role, { status, failure }]) => {
    const why = failure === status ? '' : ` (${failure ?? 'no reason known'})`;
    return `the ${role} lane ${words[status]}${why}`;
  });
  const kept = Object.keys(evidence.outcomes).filter((role) => !broken.some(([name]) => name === role));
  const rest = kept.length > 0 ? `; the ${kept[0]} lane is complete` : '';
  const absent = broken.some(([, outcome]) => outcome.userError?.exitCode === 3);
  return {
    code: 'lane-failed',
    exitCode: stopped ? 130 : absent ? 3 : 1,
    sentence: `${said.join(' and ')}${rest}.`.replace(/^t/, 'T'),
    next: 'What was measured is in the run folder and can be read with nanscope compare; eval --resume with that folder goes on after it; nanscope doctor shows what the device can do.',
  };
}

/** Appended to any verdict of a run whose policy lets the future through. */
function leakWords(lane: LaneRecord | undefined): string {
  const leak = lane?.leak?.leaks.find((found) => found.live) ?? lane?.leak?.leaks[0];
  if (!lane || !leak) return '';
  return ` The future leaks under ${lane.policy.name}: position ${leak.position} of row ${leak.row} sees position ${leak.from}${leak.live ? ', and its label is supervised' : ''}.`;
}

/** What to do about it where a lane hid something; undefined where none did. */
const hiddenAdvice = (words: string): string | undefined =>
  words === ''
    ? undefined
    : 'Finite is not right: look at the cascade above, and mend what is not finite there.';

function withoutReference(lane: LaneRecord, command: string): VerdictRecord {
  const bad = isNonFinite(lane);
  const hidden = inWords('what the loss hides', () => hiddenWords(lane));
  return {
    code: 'no-reference',
    exitCode: 0,
    sentence: bad
      ? `${lossWords(lane)}: ${causeWords(lane)}.${leakWords(lane)}`
      : `${lossWords(lane)}; there is no other device to compare with.${hidden || leftBehindWords(lane)}${leakWords(lane)}`,
    next: bad
      ? mendAdvice(lane)
      : (hiddenAdvice(hidden) ??
        maskedAdvice(lane, command) ??
        'Leave out --reference none to compare with the best CPU backend.'),
  };
}

const reportNext =
  'Send the run folder and the output of nanscope doctor to the authors of the kernel that is named.';

/** Two folders hold no devices to replay an op on. */
const replayNext =
  'Two run folders can not replay the op in question; a run of both devices does: nanscope eval --device A --reference B, with the same settings.';

/** A lane that does not repeat itself is nobody's counterpart: said before any kernel is blamed. */
function flakyVerdict({ replays }: ComparisonRecord): VerdictRecord | undefined {
  const said = flakyWords(replays);
  if (said === undefined) return undefined;
  return {
    code: 'flaky',
    exitCode: 1,
    sentence: `Flaky: ${said}.`,
    next: 'What differs between two runs of one lane says nothing about the other: mend the lane that does not repeat itself, then compare.',
  };
}

/** Where the shading language may assume NaN and infinities away, another class after one is no bug. */
function isPermitted({ nonFinite, onReferenceInputs, onTargetInputs }: ShadowStep, lanes: Evidence): boolean {
  const strict = [lanes.target, lanes.reference].every((lane) => lane?.environment.strictNumerics !== false);
  const beyond = (onReferenceInputs?.beyond ?? 0) + (onTargetInputs?.beyond ?? 0);
  return !strict && nonFinite === true && beyond === 0;
}

/** Of an op at which the lanes part, though float32 may give what either has: another order of a sum, and no mistake. */
function permitted({ separateRuns }: Evidence, { shadow }: ComparisonRecord): VerdictRecord | undefined {
  if (shadow?.steps.at(-1)?.judgement !== 'permitted') return undefined;
  return {
    code: 'permitted-by-float32',
    exitCode: 1,
    sentence: `Within what float32 in any order may give: ${replayWords(shadow)}.`,
    next: separateRuns
      ? replayNext
      : 'No kernel is to blame: where terms nearly cancel, or come to the edge of float32, the order of a sum decides. Mend what makes them so, then compare again.',
  };
}

/** Of an op that replays differently with equal inputs, whether the run showed it in classes or in numbers. */
function suspected(evidence: Evidence, { shadow }: ComparisonRecord): VerdictRecord | undefined {
  const own = ownStep(shadow);
  if (!own || isPermitted(own, evidence)) return undefined;
  return {
    code: 'kernel-bug-suspected',
    exitCode: 1,
    sentence: `Kernel bug suspected: ${replayWords(shadow)}.`,
    next: reportNext,
  };
}

function classVerdict(evidence: Evidence, comparison: ComparisonRecord): VerdictRecord | undefined {
  const { ops, labels, metrics } = comparison;
  const label = labels.differing.find(
    (one) => typeof one.target !== 'number' || typeof one.reference !== 'number',
  );
  const metric = metrics.find((one) => one.class === 'class-differs');
  if (ops.divergent === 0 && !label && !metric) return undefined;
  const where =
    ops.firstDivergence ??
    (label ? `the label at row ${label.row}, position ${label.position}` : metric!.name);
  const why = ops.divergence ? ` (${ops.divergence.reason})` : '';
  const inAnyOrder = permitted(evidence, comparison);
  if (inAnyOrder) return inAnyOrder;
  if (ops.divergence?.label === 'permitted by WGSL, divergent') {
    return {
      code: 'permitted-by-wgsl',
      exitCode: 1,
      sentence: `Permitted by WGSL, divergent: the classes differ first at ${where}${why}.`,
      next: 'After a non-finite value the shading language promises nothing; mend the origin and compare again.',
    };
  }
  const own = suspected(evidence, comparison);
  if (own) return own;
  return {
    code: isLabelled(comparison) ? 'kernel-bug-suspected' : 'classes-differ',
    exitCode: 1,
    sentence: `NaN, infinite and finite values differ between the lanes, first at ${where}${why}.${replayed(comparison)}`,
    next: evidence.separateRuns ? replayNext : reportNext,
  };
}

/** Whether counts alone suspect a kernel, and no replay of it said otherwise. */
function isLabelled({ ops, shadow }: ComparisonRecord): boolean {
  if (ops.divergence?.label !== 'kernel bug suspected') return false;
  const last = shadow?.steps.at(-1)?.judgement;
  return (
    last === undefined || last === 'not replayable' || last === 'unstable' || ownStep(shadow) !== undefined
  );
}

/** What replaying an op found, which the verdict stands without. */
const replayWords = (shadow: ComparisonRecord['shadow']): string =>
  inWords('the op', () => shadowWords(shadow));

/** What the replay of ops adds to a verdict that stands without it. */
function replayed({ shadow }: ComparisonRecord): string {
  const said = replayWords(shadow);
  return said === '' ? '' : ` ${said.replace(/^./, (letter) => letter.toUpperCase())}.`;
}

function labelsApart({ differing, differingCut, compared }: ComparisonRecord['labels']): string {
  const apart = differing.length + differingCut;
  return `${count(apart)} of ${counted(compared, 'label')} ${apart === 1 ? 'differs' : 'differ'}`;
}

/** What either lane hid behind a finite loss. */
const hiddenOf = ({ target, reference }: Evidence): string =>
  [target, reference]
    .map((lane) =>
      lane && !isNonFinite(lane) ? inWords('what the loss hides', () => hiddenWords(lane)) : '',
    )
    .find(Boolean) ?? '';

function numberVerdict(evidence: Evidence, comparison: ComparisonRecord): VerdictRecord | undefined {
  const metric = comparison.metrics.find((one) => !one.pass);
  const labels = comparison.labels;
  if (!metric && labels.differing.length === 0 && labels.unpaired === 0) return undefined;
  if (labels.differing.length === 0 && labels.unpaired > 0) {
    return {
      code: 'numbers-differ',
      exitCode: 1,
      sentence: `The ${counted(labels.compared, 'label')} that both have ${labels.compared === 1 ? 'agrees' : 'agree'}, but ${counted(labels.unpaired, 'row or label', 'rows or labels')} ${labels.unpaired === 1 ? 'is' : 'are'} on one side only.`,
      next: 'Compare runs over the same data, limit and lengths.',
    };
  }
  const own = suspected(evidence, comparison) ?? permitted(evidence, comparison);
  if (own) return own;
  const first = labels.differing[0];
  const what = first
    ? `${labelsApart(labels)}, first at row ${first.row}, position ${first.position} (${first.what})`
    : `${metric!.name} differs`;
  return {
    code: 'numbers-differ',
    exitCode: 1,
    sentence: `Both are of the same class everywhere, but the numbers differ: ${what}; the labels would need rtol ${toleranceWords(labels.requiredRtol)}.${replayed(comparison)}`,
    next: evidence.separateRuns
      ? `If they are meant to differ this much, say so with --rtol. ${replayNext}`
      : 'If the devices are meant to differ this much, say so with --rtol.',
  };
}

/** Of two runs of one device, made apart: another driver or version is suspected before any kernel. */
function environmentVerdict(
  { target, reference, separateRuns }: Evidence,
  { environment }: ComparisonRecord,
  apart: VerdictRecord,
): VerdictRecord | undefined {
  if (!separateRuns || environment.length === 0) return undefined;
  if (!target || !reference || !sameDevice(reference, target)) return undefined;
  const said = environment.map((one) => `${one.name}: ${one.reference} against ${one.target}`);
  return {
    code: 'configuration-differs',
    exitCode: 1,
    sentence: `Both are runs of one device, ${backendName(target.decision.label)}, in environments that differ (${said.join('; ')}). ${apart.sentence}`,
    next: 'Suspect the environment first: make both runs with the same driver and versions, then compare again.',
  };
}

/** A run that names an op can be cut down to it; one traced through a filter may name another op than the one at fault. */
function reduceAdvice(
  { reducible, target, reference, comparison }: Evidence,
  { code }: VerdictRecord,
): string {
  const lanes = [target, reference];
  if (!reducible || lanes.some((lane) => lane?.cascade?.filters)) return '';
  const divergence = comparison?.ops.firstDivergence;
  const origin = lanes.some((lane) => lane?.cascade?.origin);
  const judgement = comparison?.shadow?.steps.at(-1)?.judgement;
  const own = judgement === 'own' || judgement === 'both';
  const named = {
    agree: origin,
    'agree-non-finite': origin,
    'no-reference': origin,
    'classes-differ': divergence,
    'kernel-bug-suspected': divergence ?? own,
    'numbers-differ': own,
    'permitted-by-wgsl': divergence,
  };
  if (!(code in named) || !named[code as keyof typeof named]) return '';
  return ' nanscope reduce with the run folder cuts it down to the smallest case.';
}

/** @returns The verdict; exactly one of its codes fits any evidence. */
export function judge(evidence: Evidence): VerdictRecord {
  const { target, reference, failOn } = evidence;
  const said = withLosses(verdictOf(evidence), target, reference);
  const verdict = withExitCode(said, evidence, failOn);
  return { ...verdict, next: `${verdict.next}${reduceAdvice(evidence, verdict)}` };
}

function verdictOf(evidence: Evidence): VerdictRecord {
  const failed = laneFailed(evidence);
  if (failed) return failed;
  const { target, reference, comparison } = evidence;
  if (!target || (evidence.referenceWanted && !reference)) {
    return {
      code: 'lane-failed',
      exitCode: 1,
      sentence: `The ${target ? 'reference' : 'target'} lane left no result.`,
      next: 'Run nanscope doctor.',
    };
  }
  const replayed = replayVerdict({ target, reference }, 'batch');
  if (replayed) return replayed;
  if (!reference || !comparison) return withoutReference(target, evidence.command);
  const differing = comparison.configuration;
  const apart =
    flakyVerdict(comparison) ?? classVerdict(evidence, comparison) ?? numberVerdict(evidence, comparison);
  if (differing.length > 0 && (apart || !evidence.separateRuns)) {
    return {
      code: 'configuration-differs',
      exitCode: 1,
      sentence: `The configurations differ (${differing.map((one) => `${one.name}: ${one.reference} against ${one.target}`).join('; ')})${apart ? `. ${apart.sentence}` : '.'}`,
      next: 'Compare runs of the same configuration before a device is blamed.',
    };
  }
  const environment = apart && environmentVerdict(evidence, comparison, apart);
  if (environment) return environment;
  if (apart) return apart;
  if (isNonFinite(target)) {
    const cause = isBornMasked(target)
      ? 'so the policy is the cause, not a device'
      : 'so no device is the cause';
    return {
      code: 'agree-non-finite',
      exitCode: 0,
      sentence: `${lossWords(target, reference)}: ${causeWords(target)}. The devices agree, ${cause}.${leakWords(target)}`,
      next: mendAdvice(target),
    };
  }
  const hidden = hiddenOf(evidence);
  const agree = `${lossWords(target, reference)}, which agree within rtol ${settingWords(comparison.rtol)}, atol ${settingWords(comparison.atol)}.`;
  return {
    code: 'agree',
    exitCode: 0,
    sentence: `${agree}${hidden || leftBehindWords(target)}${leakWords(target)}`,
    next:
      hiddenAdvice(hidden) ??
      (target.leak && target.leak.leaks.length > 0
        ? 'Finite is not correct: use a policy that keeps causality, such as --policy safe.'
        : exploreAdvice(target, evidence.command)),
  };
}
