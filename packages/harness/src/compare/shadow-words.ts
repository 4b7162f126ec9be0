/** What replaying found, in the words of a verdict. Pure. */
import type { ComparisonRecord, ShadowStep } from '@nanscope/record';
import { replaysWords, stepWords } from '@nanscope/report';
import { placeWords } from './origin-words.ts';

type Replays = NonNullable<ComparisonRecord['replays']>;
type Shadow = NonNullable<ComparisonRecord['shadow']>;

/** The lanes that did not repeat themselves; undefined when all did, or none was asked to. */
export function flakyWords(replays: Replays | undefined): string | undefined {
  const flaky = replays?.lanes.filter(({ changed }) => changed > 0) ?? [];
  if (!replays || flaky.length === 0) return undefined;
  return flaky.map((lane) => `of the ${lane.role} lane ${replaysWords(lane, replays.times)}`).join(' and ');
}

/** `Exp in layer 0, MLP (forward/...)`. */
function opWords({ kernel, key }: ShadowStep): string {
  const place = placeWords(key);
  return place === key ? `${kernel} at ${key}` : `${kernel} in ${place} (${key})`;
}

/** Whether an op was found that makes a difference of its own. */
export function ownStep(shadow: Shadow | undefined): ShadowStep | undefined {
  const last = shadow?.steps.at(-1);
  return last?.judgement === 'own' || last?.judgement === 'both' ? last : undefined;
}

/** One sentence; empty where no op was replayed. */
export function shadowWords(shadow: Shadow | undefined): string {
  const last = shadow?.steps.at(-1);
  if (!shadow || !last) return '';
  if (ownStep(shadow) || last.judgement === 'permitted') return `${opWords(last)}: ${stepWords(last)}`;
  if (last.judgement === 'unstable' || last.judgement === 'not replayable')
    return `${opWords(last)} is ${last.judgement}: ${last.reason}`;
  return `replayed from ${opWords(shadow.steps[0]!)} upwards: ${shadow.end}`;
}
