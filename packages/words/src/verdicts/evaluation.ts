/** The two sentences of a verdict on an evaluation or a comparison, made of its decision. Nothing is decided here. */
import { inWords } from '@nanscope/errors';
import { backendName, type LaneRecord, type VerdictRecord } from '@nanscope/record';
import { stageWords } from '../codes.ts';
import { count, counted, setting, tolerance } from '../number.ts';
import { shellWord } from '../paste.ts';
import { replaysWords } from '../tracing.ts';
import {
  capital,
  endings,
  rerunWords,
  settingsApart,
  shadowWords,
  tapReplayAdvice,
  tapReplayWords,
} from './clauses.ts';
import type { Advice, Beside, ClassPlace, Decided, Decision, Reason } from './decision.ts';
import { isNumber, lossesOf, lossWords } from './loss.ts';
import { originWords, placeWords } from './places.ts';

/** Why the loss is not finite, as far as the lane knows. */
function causeWords({ masked }: Beside, lane: LaneRecord | undefined): string {
  const born = inWords('the origin', () => originWords(lane ?? {}));
  return masked
    ? `query ${masked.query} of batch row ${masked.row} has no allowed key under ${masked.policy}, and ${born}`
    : born;
}

/** What the loss does not show. */
function besideWords({ hidden, leftBehind, leak, unseen }: Beside, lanes: Decided, finite: boolean): string {
  const under = hidden && inWords('what the loss hides', () => hiddenWords(hidden, lanes[hidden.role]));
  const left =
    leftBehind === undefined
      ? ''
      : ` ${placeWords(leftBehind)} reads values that are not finite, and takes none of them.`;
  const ahead = leak
    ? ` The future leaks under ${leak.policy}: position ${leak.position} of row ${leak.row} sees position ${leak.from}${leak.live ? ', and its label is supervised' : ''}.`
    : '';
  const blind =
    unseen === undefined
      ? ''
      : ` No op was looked at (--trace ${unseen}): an overflow that a finite loss hides would not be seen.`;
  return `${finite ? `${under ?? left}${blind}` : ''}${ahead}`;
}

/** What was not finite on the way to a finite loss. */
export function hiddenWords(
  { endsIn }: NonNullable<Beside['hidden']>,
  lane: Pick<LaneRecord, 'cascade'> | undefined,
): string {
  const into = endsIn === undefined ? '' : placeWords(endsIn);
  if (lane?.cascade?.origin) {
    const ends = endsIn === undefined ? '' : ` It ends in ${into}, which gives a finite number for it.`;
    return ` Yet ${originWords(lane)}: a finite loss hides it.${ends}`;
  }
  return ` Yet a value that is not finite goes into ${into}, which gives a finite number: a finite loss hides it.`;
}

/** What replaying ops found, as a clause that a sentence stands without. */
const replayClause = ({ comparison }: Decided) => inWords('the op', () => shadowWords(comparison?.shadow));

/** The same as a sentence of its own behind another. */
function replayed(decided: Decided): string {
  const clause = replayClause(decided);
  return clause === '' ? '' : ` ${capital(clause)}.`;
}

function classPlace(at: ClassPlace): string {
  const where =
    'op' in at ? at.op : 'metric' in at ? at.metric : `the label at row ${at.row}, position ${at.position}`;
  return `${where}${at.why === undefined ? '' : ` (${at.why})`}`;
}

const numbersApart = (what: string, decided: Decided) =>
  `The classes agree everywhere, but the numbers differ: ${what}; the labels would need rtol ${tolerance(decided.comparison?.labels.requiredRtol ?? 0)}.${replayed(decided)}`;

function reasonWords(reason: Reason, beside: Beside, decided: Decided): string {
  const { target, reference } = decided;
  switch (reason.is) {
    case 'not begun':
      return 'Interrupted before anything was computed; nothing was written.';
    case 'lanes ended early': {
      const ended = reason.lanes.map(({ role, status, failure }) => {
        const why = failure === status ? '' : ` (${failure ?? 'no reason known'})`;
        return `the ${role} ${endings[status]}${why}`;
      });
      const rest = reason.complete === undefined ? '' : `; the ${reason.complete} is complete`;
      return capital(`${ended.join(' and ')}${rest}.`);
    }
    case 'no result':
      return `The ${reason.role} left no result.`;
    case 'taps change it':
      return tapReplayWords(reason);
    case 'lanes do not repeat': {
      const flaky = reason.lanes.map((lane) => `of the ${lane.role} ${replaysWords(lane, reason.times)}`);
      return `Flaky: ${flaky.join(' and ')}.`;
    }
    case 'an op differs':
      return `${reason.allowed ? 'Within what float32 may give in any order' : 'Kernel bug suspected'}: ${replayClause(decided)}.`;
    case 'classes apart':
      return reason.permitted
        ? `Permitted by WGSL, divergent: the classes differ first at ${classPlace(reason.at)}.`
        : `NaN, infinite and finite values differ between the devices, first at ${classPlace(reason.at)}.${replayed(decided)}`;
    case 'one side only': {
      const [agrees, are] = [
        reason.compared === 1 ? 'agrees' : 'agree',
        reason.unpaired === 1 ? 'is' : 'are',
      ];
      return `The ${counted(reason.compared, 'label')} that both have ${agrees}, but ${counted(reason.unpaired, 'row or label', 'rows or labels')} ${are} on one side only.`;
    }
    case 'labels apart': {
      const { apart, compared, first } = reason;
      return numbersApart(
        `${count(apart)} of ${counted(compared, 'label')} ${apart === 1 ? 'differs' : 'differ'}, first at row ${first.row}, position ${first.position} (${first.what})`,
        decided,
      );
    }
    case 'a stage apart': {
      const { stage, apart, compared, rtol } = reason;
      const labels =
        apart > 0
          ? `${count(apart)} of ${counted(compared, 'label')} ${apart === 1 ? 'differs' : 'differ'}`
          : `the ${counted(compared, 'label')} agree within rtol ${setting(rtol)}`;
      return `The classes agree everywhere, but the numbers differ from ${stage.name} on: ${stageWords(stage)}; ${labels}.${replayed(decided)}`;
    }
    case 'a metric apart':
      return numbersApart(`${reason.metric} differs`, decided);
    case 'environments apart':
      return `Both are runs of one device, ${backendName(reason.device)}, in environments that differ (${settingsApart(reason.differing)}). ${reasonWords(reason.beside, beside, decided)}`;
    case 'settings apart': {
      const apart = `The configurations differ (${settingsApart(reason.differing)}).`;
      const rest = reason.beside && reasonWords(reason.beside, beside, decided);
      // The loss comes first, whoever says it.
      return (beginsWithLoss(reason.beside) ? [rest, apart] : [apart, rest]).filter(Boolean).join(' ');
    }
    case 'one lane': {
      const finite = lossesOf([target]).every(isNumber);
      const rest = finite
        ? '; there is no other device to compare with.'
        : `: ${causeWords(beside, target)}.`;
      return `${lossWords(target)}${rest}${besideWords(beside, decided, finite)}`;
    }
    case 'neither is finite':
      return `${lossWords(target, reference)}: ${causeWords(beside, target)}. The devices agree, ${
        reason.byPolicy ? 'so the policy is the cause, not a device' : 'so no device is the cause'
      }.${besideWords(beside, decided, false)}`;
    case 'ops agreed':
      return `Neither run has a loss; of ${counted(reason.aligned, 'op')} that both traced, none differs in class.${besideWords(beside, decided, true)}`;
    case 'agreed':
      return `${lossWords(target, reference)}, which agree within rtol ${setting(reason.rtol)}, atol ${setting(reason.atol)}.${besideWords(beside, decided, true)}`;
  }
}

type Made =
  | 'know of the guard'
  | 'look into the stage'
  | 'widen the tolerance'
  | 'look where taps differ'
  | 'explore'
  | 'reduce'
  | 'rerun'
  | 'resume'
  | 'try without a guard';

const fixed: Readonly<Record<Exclude<Advice['to'], Made>, string>> = {
  'run again': 'Run the same command again.',
  'resume or compare':
    'What was measured is in the run folder and can be read with nanscope compare; eval --resume with that folder goes on after it; nanscope doctor shows what the device can do.',
  'ask the doctor': 'Run nanscope doctor.',
  'compare with a device': 'Leave out --reference none to compare with the best CPU backend.',
  'guard rows': 'Fix: --row-guard zeros, or --policy safe.',
  'guard rows of PyTorch':
    'PyTorch guards a query without a key since 2.5, and on mps since 2.9: update it, pass the padding as --mask-form 2d, or use --attn eager.',
  'mend the origin': 'Look at the origin in the cascade above, and fix it there.',
  'guard rows or trace':
    'If a query has no allowed key, the fix is --row-guard zeros, or --policy safe; --trace health shows it.',
  trace: 'Run it again with --trace health, which names the origin.',
  'mend what is hidden':
    'A finite loss is not a correct one: look at the cascade above, and fix what is not finite there.',
  'mend the lane':
    'A device that does not repeat its own result says nothing about the other: fix that first, then compare.',
  'mend before comparing':
    'After a non-finite value the shading language promises nothing; fix the origin and compare again.',
  'send it to the authors':
    'Send the run folder and the output of nanscope doctor to the authors of the kernel that is named.',
  'trace and replay':
    'Run it again with --trace health: it replays the op at which the devices diverge on both, and shows whether the order of a sum or a kernel is at fault.',
  'replay on devices':
    'Two run folders cannot replay the op in question; one run on both devices can: nanscope eval --device A --reference B, with the same settings.',
  'mend what makes it so':
    'No kernel is to blame: where terms nearly cancel, or reach the edge of float32, the order of a sum decides. Fix what brings them there, then compare again.',
  'compare the same data': 'Compare runs over the same data, limit and lengths.',
  'suspect the environment':
    'Suspect the environment first: make both runs with the same driver and versions, then compare again.',
  'keep causality': 'Finite is not correct: use a policy that keeps causality, such as --policy safe.',
  'know of the sinks':
    'Nothing to fix: the queries without an allowed key get 0 from the sinks of the model, unless a row guard opens keys to them.',
  nothing: 'Nothing to fix: every query that was looked at has an allowed key.',
  'trace for masked rows': 'Nothing to fix; --trace health shows whether a query has no allowed key.',
};

function adviceWords(advice: Advice): string {
  switch (advice.to) {
    case 'widen the tolerance':
      return `If ${advice.of} are meant to differ this much, say so with --rtol.`;
    case 'know of the guard': {
      const [have, they] = advice.queries === 1 ? ['has', 'it is'] : ['have', 'they are'];
      return `${counted(advice.queries, 'query', 'queries')} of your data (batch ${advice.batch}) ${have} no allowed key: under ${advice.policy} ${they} finite, in PyTorch before 2.5 (mps: before 2.9) ${they} NaN; --python names another version.`;
    }
    case 'look into the stage':
      return `The stages before it agree: what is at fault computes ${advice.stage}.`;
    case 'look where taps differ':
      return tapReplayAdvice(advice.replay);
    case 'explore':
      return `Try${advice.cascade ? ' --policy torch-mps-2.8 to see a cascade, or' : ''} your own --model and --data.`;
    case 'try without a guard': {
      const { policy, queries, batch, unguarded, bundledText, command } = advice;
      const [have, they] = queries === 1 ? ['has', 'it is'] : ['have', 'they are'];
      const masked = `${counted(queries, 'query', 'queries')} of ${bundledText ? 'the text' : 'your data'} (batch ${batch}) ${have} no allowed key`;
      return `Finite under ${policy}. ${masked}: under ${unguarded.join(' and ')} ${they} NaN. Try: ${command ?? `--policy ${unguarded.at(-1)}`}`;
    }
    case 'reduce':
      return `Next: nanscope reduce ${shellWord(advice.folder)}`;
    case 'resume':
      return `What was measured is kept. Go on with nanscope eval --resume ${shellWord(advice.folder)}`;
    case 'rerun':
      return rerunWords(advice);
    default:
      return fixed[advice.to];
  }
}

/** The verdicts that tell two devices apart: the losses come first, then in what they differ. */
const tellsApart: ReadonlySet<VerdictRecord['code']> = new Set<VerdictRecord['code']>([
  'classes-differ',
  'permitted-by-wgsl',
  'permitted-by-float32',
  'kernel-bug-suspected',
  'numbers-differ',
]);

/** Verdicts that say nothing of the loss in their reason. */
const alsoLossFirst: ReadonlySet<VerdictRecord['code']> = new Set<VerdictRecord['code']>([
  'configuration-differs',
  'flaky',
  'vanishes-under-observation',
]);

/** Reasons whose own first clause is the loss. */
const beginsWithLoss = (reason: Reason | undefined): boolean =>
  reason?.is === 'agreed' ||
  reason?.is === 'neither is finite' ||
  reason?.is === 'one lane' ||
  ((reason?.is === 'settings apart' || reason?.is === 'environments apart') && beginsWithLoss(reason.beside));

/** What the losses are and, of lanes that are told apart and neither is a number, why. */
function lossesFirst({ code, beside, reason }: Decision, { target, reference }: Decided): string {
  const losses = lossesOf([target, reference]);
  if (losses.length !== 2) return '';
  if (!tellsApart.has(code))
    return alsoLossFirst.has(code) && !beginsWithLoss(reason) ? `${lossWords(target, reference)}. ` : '';
  const words = lossWords(target, reference);
  if (losses.every(isNumber)) return `${words}, which differ. `;
  const known = !losses.some(isNumber) && target?.cascade?.origin !== undefined;
  return known ? `${words}: ${causeWords(beside, target)}. ` : `${words}. `;
}

/** The verdict as it is written down: the decision, and the sentences made of it. */
export function wordVerdict(decision: Decision, decided: Decided): VerdictRecord {
  const { code, exitCode, findings, reason, next, beside } = decision;
  return {
    ...{ code, exitCode },
    sentence: `${lossesFirst(decision, decided)}${reasonWords(reason, beside, decided)}`,
    next: next.map(adviceWords).join(' '),
    ...(findings && { findings }),
  };
}
