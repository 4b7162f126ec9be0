/** Clauses that the verdicts of an evaluation and of a training run share. */
import type { ComparisonRecord, ReplayRecord, ShadowStep } from '@nanscope/record';
import { stepWords } from '../tracing.ts';
import { placeWords } from './places.ts';

/** `Exp in layer 0, MLP (forward/...)`. */
function opWords({ kernel, key }: ShadowStep): string {
  const place = placeWords(key);
  return place === key ? `${kernel} at ${key}` : `${kernel} in ${place} (${key})`;
}

/** What replaying ops found, in one sentence; empty where none was replayed. */
export function shadowWords(shadow: ComparisonRecord['shadow']): string {
  const last = shadow?.steps.at(-1);
  if (!shadow || !last) return '';
  const { judgement } = last;
  if (judgement === 'own' || judgement === 'both' || judgement === 'permitted')
    return `${opWords(last)}: ${stepWords(last)}`;
  if (judgement === 'other ops') return `${opWords(last)}: ${last.reason}`;
  if (judgement === 'unstable' || judgement === 'not replayable')
    return `${opWords(last)} is ${judgement}: ${last.reason}`;
  return `replayed from ${opWords(shadow.steps[0]!)} upwards: ${shadow.end}`;
}

const share = ({ runs, nonFinite }: ReplayRecord['plain']) => `${nonFinite} of ${runs}`;

/** What replaying a batch or a step with taps and without them showed. */
export interface TapReplay {
  readonly unit: 'batch' | 'step';
  readonly role: 'target' | 'reference';
  readonly replay: ReplayRecord;
}

export function tapReplayWords({ unit, role, replay }: TapReplay): string {
  const where = `${unit} ${replay.batch} of the ${role}`;
  const counts = `${share(replay.plain)} runs without taps and ${share(replay.traced)} with them were not finite`;
  return replay.outcome === 'vanishes'
    ? `It vanishes under observation: ${where} is not finite, and finite as soon as it is traced (${counts}).`
    : `Flaky: ${where} does not repeat itself from the same batch, weights and random state (${counts}).`;
}

export const tapReplayAdvice = ({ replay }: TapReplay): string =>
  replay.outcome === 'vanishes'
    ? 'Suspect what taps change - timing, reuse of memory, fusion across kernels, the fused attention kernel, which --sdpa-kernel composed does without - and compare with another device at --trace gate.'
    : 'Look for memory that is read before it is written, or a race, before trusting any number of this device.';

/** What became of a lane, after its name. */
export const endings = {
  crashed: 'crashed',
  hung: 'hung',
  'device-lost': 'lost its device',
  failed: 'failed',
  interrupted: 'was interrupted',
  complete: 'is complete',
} as const;

export const capital = (text: string): string => text.replace(/^./, (letter) => letter.toUpperCase());

export interface SettingDifference {
  readonly name: string;
  readonly reference: string;
  readonly target: string;
}

/** `policy: safe against tfjs; seed: 1 against 2`. */
export const settingsApart = (differing: readonly SettingDifference[]): string =>
  differing.map((one) => `${one.name}: ${one.reference} against ${one.target}`).join('; ');

/** To make two runs comparable: one of them again with a setting as the reference has it. */
export interface RerunAdvice {
  readonly to: 'rerun';
  readonly setting: string;
  /** Whether a flag sets it. */
  readonly flag: boolean;
  /** Absent where it is not set. */
  readonly value?: string | undefined;
}

/** `Rerun one of them with --batch-size 8; until then no device can be blamed.` */
export function rerunWords({ setting: name, flag, value }: RerunAdvice): string {
  const how =
    value === undefined ? `without --${name}` : flag ? `with --${name} ${value}` : `with the same ${name}`;
  return `Rerun one of them ${how}; until then no device can be blamed.`;
}
