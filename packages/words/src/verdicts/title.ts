/** What any result comes to: a title, a sentence, what to do next, the exit code of the command that made it. */
import type {
  AnyRecord,
  ClaimsRecord,
  ConformVerdictRecord,
  DoctorVerdict,
  FindingRecord,
  GenerationVerdict,
  MatrixRecord,
  ReducedRecord,
  SelftestVerdict,
  TrainVerdictRecord,
  VerdictRecord,
} from '@nanscope/record';
import { count, counted } from '../number.ts';

type Code =
  | VerdictRecord['code']
  | TrainVerdictRecord['code']
  | ConformVerdictRecord['code']
  | SelftestVerdict['code']
  | DoctorVerdict['code']
  | GenerationVerdict['code']
  | ReducedRecord['verdict']['code'];

/** What a title means, for whoever gives it a colour. */
type Tone = 'good' | 'bad' | 'warn' | 'note';

/** Title, tone and sign of each verdict that a command gives. */
export const verdictTitles: Readonly<Record<Code, readonly [string, Tone, 'pass' | 'fail' | 'warn']>> = {
  trained: ['Trained', 'good', 'pass'],
  'stopped-non-finite': ['Stopped: a step is not finite', 'bad', 'fail'],
  'ended-non-finite': ['The loss is not finite', 'bad', 'fail'],
  interrupted: ['Interrupted', 'warn', 'warn'],
  agree: ['The devices agree', 'good', 'pass'],
  'agree-non-finite': ['The devices agree, and neither is finite', 'warn', 'warn'],
  'classes-differ': ['The devices differ in class', 'bad', 'fail'],
  'permitted-by-wgsl': ['The devices differ where WGSL permits it', 'warn', 'warn'],
  'permitted-by-float32': ['The devices differ as float32 allows', 'warn', 'warn'],
  'kernel-bug-suspected': ['A kernel bug is suspected', 'bad', 'fail'],
  'numbers-differ': ['The numbers differ', 'bad', 'fail'],
  'vanishes-under-observation': ['The NaN vanishes under observation', 'bad', 'fail'],
  flaky: ['A device does not repeat itself', 'bad', 'fail'],
  'configuration-differs': ['Not comparable: the settings differ', 'bad', 'fail'],
  'lane-failed': ['A device failed', 'bad', 'fail'],
  conforms: ['Conforms', 'good', 'pass'],
  'cases-failed': ['Does not conform', 'bad', 'fail'],
  'bad-vectors': ['Vectors could not be read', 'bad', 'fail'],
  'nothing-compared': ['Nothing was compared', 'bad', 'fail'],
  generated: ['Generated', 'good', 'pass'],
  'rows-non-finite': ['A row met a NaN', 'bad', 'fail'],
  reduced: ['Reduced', 'good', 'pass'],
  'reduced-in-part': ['Reduced as far as the budget went', 'warn', 'warn'],
  'detector-meets-bar': ['The detector meets the bar', 'good', 'pass'],
  'detector-below-bar': ['The detector is below the bar', 'bad', 'fail'],
  healthy: ['Every backend here passes its self-test', 'good', 'pass'],
  'self-test-failed': ['The self-test failed', 'bad', 'fail'],
  'no-reference': ['One device, nothing to compare with', 'note', 'warn'],
};

/** Title, tone and sign as the exit code has them: what fails is red, and what does not is no failure. */
export function verdictStyle({ code, exitCode }: { readonly code: Code; readonly exitCode: number }) {
  // Who pressed Ctrl-C needs no red.
  if (code === 'lane-failed' && exitCode === 130)
    return { title: 'Stopped by you', tone: 'warn', sign: 'warn' } as const;
  const [title, tone, sign] = verdictTitles[code];
  if (exitCode !== 0 && sign !== 'fail') return { title, tone: 'bad', sign: 'fail' } as const;
  if (exitCode === 0 && sign === 'fail') return { title, tone: 'warn', sign: 'warn' } as const;
  return { title, tone, sign };
}

export interface Verdict {
  readonly title: string;
  readonly tone: 'pass' | 'fail' | 'warn';
  readonly sentence: string;
  readonly next: string;
  readonly exitCode: number;
}

/** What is missing of a merged run: whole parts, or else its first cells. */
function missingWords({ cells, shards, ids }: NonNullable<MatrixRecord['missing']>): string {
  const parts = shards.length > 0 ? `: ${shards.join('; ')}` : ids.length > 0 ? `, first ${ids[0]}` : '';
  return `${counted(cells, 'cell')} ${cells === 1 ? 'is' : 'are'} missing${parts}.`;
}

/** The command that runs the first part that is missing. */
function missingCommand({ shards, ids }: NonNullable<MatrixRecord['missing']>): string {
  const [, shard, device] = /^(\d+\/\d+)(?: of (\S+))?/.exec(shards[0] ?? '') ?? [];
  const part = shard
    ? `--shard ${shard}${device ? ` --device ${device}` : ''}`
    : ids[0] === undefined
      ? undefined
      : `--filter '${ids[0]}'`;
  return part === undefined
    ? 'Run what is missing, and merge again.'
    : `Run what is missing with the settings of the other parts, nanscope matrix ${part} --out runs/missing, and merge again.`;
}

/** The verdict on a matrix that is incomplete. */
function incomplete({ devices, cells, folder, bailed, missing }: MatrixRecord): Verdict {
  const observed = `${counted(cells, 'cell')} observed`;
  if (missing) {
    return {
      ...{ title: 'Incomplete', tone: 'fail', exitCode: 1 },
      sentence: `${observed}, ${missingWords(missing)}`,
      next: missingCommand(missing),
    };
  }
  const next = `Go on with --out ${folder} --resume.`;
  if (bailed) {
    return {
      ...{ title: 'Ended early', tone: 'fail', exitCode: 1, next },
      sentence: `${count(bailed.failures)} of ${observed} not as predicted (--bail), ${count(bailed.notRun)} not run.`,
    };
  }
  const stopped = devices.some((device) => device.status === 'interrupted');
  return {
    ...{ title: stopped ? 'Interrupted' : 'Incomplete', tone: 'fail', exitCode: stopped ? 130 : 1, next },
    sentence: `${observed}, and not all that were asked for.`,
  };
}

/** The verdict on a matrix: its exit code is that of `nanscope matrix`. */
function matrixVerdict(record: MatrixRecord): Verdict {
  const { status, cells, asPredicted } = record;
  if (status !== 'complete') return incomplete(record);
  const all = asPredicted === cells;
  return {
    ...{
      title: all ? 'As predicted' : 'Not as predicted',
      tone: all ? 'pass' : 'fail',
      exitCode: all ? 0 : 1,
    },
    sentence: all
      ? `All ${counted(cells, 'cell')} show what the float64 oracle predicts.`
      : `${count(cells - asPredicted)} of ${counted(cells, 'cell')} do not show what the float64 oracle predicts.`,
    next: all ? '' : 'Each stands below with the command that runs it alone.',
  };
}

const claimVerdicts: readonly FindingRecord['verdict'][] = [
  'holds',
  'partly',
  'does not hold',
  'cannot be decided here',
];

function claimsVerdict({ findings, devices }: ClaimsRecord): Verdict {
  const of = (verdict: FindingRecord['verdict']) =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const said = claimVerdicts
    .filter((verdict) => of(verdict) > 0)
    .map((verdict) => `${verdict}: ${of(verdict)}`);
  const open = of('cannot be decided here');
  return {
    ...{ title: `${findings.length} claims`, tone: open > 0 ? 'warn' : 'pass', exitCode: 0 },
    sentence: `${said.join(', ')}; decided on ${devices.map(({ name }) => name).join(' and ')}.`,
    next: open > 0 ? 'What cannot be decided here needs another device: --device wasm,gpu.' : '',
  };
}

export function verdictOf(record: AnyRecord): Verdict {
  if (record.kind === 'matrix') return matrixVerdict(record);
  if (record.kind === 'claims') return claimsVerdict(record);
  const { sentence, next, exitCode } = record.verdict;
  const { title, sign } = verdictStyle(record.verdict);
  return { title, tone: sign, sentence, next, exitCode };
}
