/** What replaying found, in the words of a verdict. Pure. */
import { type ComparisonRecord, fromJsonNumber, type JsonNumber, type ShadowStep } from '@nanscope/report';
import { placeWords } from './origin-words.ts';

type Replays = NonNullable<ComparisonRecord['replays']>;
type Shadow = NonNullable<ComparisonRecord['shadow']>;

/** The lanes that did not repeat themselves; undefined when all did, or none was asked to. */
export function flakyWords(replays: Replays | undefined): string | undefined {
  const flaky = replays?.lanes.filter(({ changed }) => changed > 0) ?? [];
  if (!replays || flaky.length === 0) return undefined;
  return flaky
    .map(({ role, changed, labels, first }) => {
      const where = first
        ? `, first at row ${first.row}, position ${first.position}: ${first.run} in the run, ${first.replay} when repeated`
        : '';
      return `the ${role} lane gives other losses in ${changed} of ${replays.times} replays of batch ${replays.batch} (${labels} labels moved${where})`;
    })
    .join(' and ');
}

/** Seven digits tell two float32 values apart where it matters. */
const short = (value: JsonNumber): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(7))) : value;

/** `element 0 is 1.5 on the reference, NaN on the target`. */
function elementWords({ onReferenceInputs: forward, onTargetInputs: reverse }: ShadowStep): string {
  const found = [forward, reverse].find((one) => one && one.classes + one.beyond > 0);
  if (!found) return '';
  const { firstClass, worst, size, classes, beyond } = found;
  const place = classes > 0 ? firstClass : worst;
  if (!place) return '';
  const far =
    classes === 0 && worst
      ? `, ${worst.ulps} ulp apart where rounding explains ${fromJsonNumber(worst.allowed).toExponential(1)}`
      : '';
  return `; elements that differ: ${classes + beyond} of ${size}; element ${place.index} is ${short(place.reference)} on the reference and ${short(place.target)} on the target${far}`;
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
  if (ownStep(shadow)) return `${opWords(last)}: ${last.reason}${elementWords(last)}`;
  if (last.judgement === 'unstable' || last.judgement === 'not replayable')
    return `${opWords(last)} is ${last.judgement}: ${last.reason}`;
  return `replayed from ${opWords(shadow.steps[0]!)} upwards: ${shadow.end}`;
}
