/** What a lane's tracing says of itself, as labelled sentences: the terminal and the page lay out the same words. */
import {
  type CascadeRecord,
  type DeviationRecord,
  fromJsonNumber,
  type ReplayRecord,
  type ReplaysRecord,
  type ShadowRecord,
  type ShadowStep,
  type WarningRecord,
} from '@nanscope/record';
import { keyWords } from './codes.ts';
import { count, counted, difference, measured } from './number.ts';

export interface TracingWords {
  readonly label: string;
  readonly text: string;
  /** `bad` and `warn` want to be looked at. */
  readonly tone: 'plain' | 'dim' | 'good' | 'warn' | 'bad';
}

type Unit = 'batch' | 'step';

const share = ({ runs, nonFinite }: ReplayRecord['plain']) => `${count(nonFinite)} of ${count(runs)}`;

const outcomes = {
  reproduced: 'not finite under taps either',
  vanishes: 'vanishes under observation',
  flaky: 'does not repeat itself',
} as const satisfies Record<ReplayRecord['outcome'], string>;

function observerWords({ observer, observed, level }: CascadeRecord): TracingWords[] {
  // There is nothing to say of what did not look.
  if (level === 'off' || observer === 'nothing wrapped') return [];
  const [text, tone] = (
    {
      unchanged: ['tracing changed nothing', 'good'],
      changed: ['tracing changed the result', 'bad'],
      unchecked: ['unchecked', 'warn'],
    } as const
  )[observer];
  return [{ label: 'observer', text: `${text}${observed === undefined ? '' : `: ${observed}`}`, tone }];
}

function gateWords({ gate }: CascadeRecord, unit: Unit): TracingWords[] {
  if (!gate) return [];
  const said = gate.replays.map(({ batch, outcome, plain, traced }, i): TracingWords => {
    const counts = `${share(plain)} runs without taps and ${share(traced)} with them were not finite`;
    return {
      label: i === 0 ? 'replayed' : '',
      text: `${unit} ${count(batch)}: ${outcomes[outcome]} (${counts})`,
      tone: outcome === 'reproduced' ? 'plain' : 'bad',
    };
  });
  if (gate.notReplayed === 0) return said;
  const more = `${counted(gate.notReplayed, `more ${unit}`, `more ${unit === 'batch' ? 'batches' : 'steps'}`)} not finite, and not replayed`;
  return [...said, { label: '', text: more, tone: 'dim' }];
}

const powers = (exponent: number) => `2^${Math.floor(exponent)}`;

function roomWords({ headroom, beyondF16, taps }: WarningRecord): TracingWords[] {
  const [least] = headroom;
  if (!least) return [];
  const half =
    beyondF16 === 0
      ? `${powers(least.f16)} in float16`
      : `float16 could not hold ${count(beyondF16)} of ${counted(taps, 'tap')}`;
  return [
    {
      label: 'headroom',
      text: `at least ${powers(least.f32)} to overflow in float32, ${half}; least at ${keyWords(least.key)} (${least.amax.toPrecision(3)})`,
      tone: 'dim',
    },
  ];
}

function warningWords({ warning, origin }: CascadeRecord, unit: Unit): TracingWords[] {
  if (!warning) return [];
  const { rowsWithoutKey, starts, growth, subnormal, batch, taps } = warning;
  const said: TracingWords[] = [];
  if (rowsWithoutKey > 0)
    said.push({
      label: 'mask',
      text: `${counted(rowsWithoutKey, 'query', 'queries')} of ${unit} ${count(batch)} ${rowsWithoutKey === 1 ? 'has' : 'have'} no allowed key (from the mask alone)`,
      tone: 'warn',
    });
  if (starts)
    said.push({
      label: 'abnormal',
      text: `from ${keyWords(starts.key)} of ${unit} ${count(batch)} on: ${starts.rule}, ${starts.reason}`,
      tone: 'warn',
    });
  else if (taps > 0)
    said.push({
      label: 'abnormal',
      text: origin ? 'nothing before the first value that is not finite' : 'nothing crosses a threshold',
      tone: 'dim',
    });
  said.push(...roomWords(warning));
  const more = [
    growth &&
      growth.powers >= 1 &&
      `largest growth in one op ${powers(growth.powers)} at ${keyWords(growth.key)}`,
    subnormal &&
      `subnormals at most ${(100 * subnormal.share).toPrecision(2)} % at ${keyWords(subnormal.key)}`,
  ].filter((text) => typeof text === 'string');
  if (more.length > 0) said.push({ label: '', text: more.join('; '), tone: 'dim' });
  return said;
}

function cutWords({ filters, filtered, hit, events, eventsCut }: CascadeRecord, unit: Unit): TracingWords[] {
  const left =
    filtered === undefined
      ? '; nothing was traced'
      : `; ${counted(filtered, 'op')} of a ${unit} not looked at: an origin may lie there`;
  const said: TracingWords[] = [];
  if (filters)
    said.push({
      label: 'filtered',
      text: `only ${filters.join(' or ')}${left}`,
      tone: 'warn',
    });
  if (hit)
    said.push({
      label: 'kept',
      text: `whole traces of ${unit} ${hit.batches.map(count).join(', ')} in ${hit.file}`,
      tone: 'dim',
    });
  if (eventsCut > 0)
    said.push({
      label: 'cut',
      text: `${count(eventsCut)} of ${count(events.length + eventsCut)} events are not in this result; health.jsonl has more`,
      tone: 'dim',
    });
  return said;
}

export function tracingWords(cascade: CascadeRecord, unit: Unit): TracingWords[] {
  const said = [...gateWords(cascade, unit), ...warningWords(cascade, unit), ...cutWords(cascade, unit)];
  const observer = observerWords(cascade);
  return [...observer, ...said];
}

// Words for what was replayed when two lanes diverged: for the terminal, the page and the checks alike.

/** `2 of 2 replays differ from the run in a bit of 3 labels, first row 0 position 1: 2.84 in the run, 2.85 repeated`. */
export function replaysWords(
  { changed, labels, first }: ReplaysRecord['lanes'][number],
  times: number,
): string {
  if (changed === 0) return `${counted(times, 'replay')}, the same losses bit by bit`;
  const where = first
    ? `, first row ${count(first.row)} position ${count(first.position)}: ${measured(first.run)} in the run, ${measured(first.replay)} repeated`
    : '';
  return `${count(changed)} of ${counted(times, 'replay')} differ from the run, in ${counted(labels, 'label')}${where}`;
}

/** `element 6 is 2.89e+38 on the reference, Infinity on the target`. */
const placeWords = ({ index, reference, target }: NonNullable<DeviationRecord['firstExcused']>): string =>
  `element ${count(index)} is ${measured(reference)} on the reference, ${measured(target)} on the target`;

/** Above this many a count of ulps says less than the difference itself. */
const MOST_ULPS = 9999;

/** `1 of 9,216 elements differs: element 1 is 0.5 on the reference, 0.6 on the target, 1.0e-1 apart where rounding explains 1.7e-6`. */
export function deviationWords({ size, classes, firstClass, beyond, worst }: DeviationRecord): string {
  const place = firstClass ?? (beyond > 0 ? worst : undefined);
  if (!place) return `${counted(size, 'element')} agree`;
  const differ = `${count(classes + beyond)} of ${counted(size, 'element')} ${classes + beyond === 1 ? 'differs' : 'differ'}: ${placeWords(place)}`;
  if (place !== worst) return differ;
  const apart = difference(Math.abs(fromJsonNumber(worst.target) - fromJsonNumber(worst.reference)));
  const ulps = worst.ulps <= MOST_ULPS ? ` (${count(worst.ulps)} ulp)` : '';
  return `${differ}, ${apart}${ulps} apart where rounding explains ${difference(worst.allowed)}`;
}

/** The reason of a step, and the figures of the run that shows it. */
export function stepWords({ reason, judgement, onReferenceInputs, onTargetInputs }: ShadowStep): string {
  const runs = [onReferenceInputs, onTargetInputs];
  const excused = runs.find((one) => one?.firstExcused);
  if (judgement === 'permitted' && excused?.firstExcused)
    return `${reason}; ${placeWords(excused.firstExcused)}`;
  const shown = runs.find((one) => one && one.classes + one.beyond > 0);
  return shown ? `${reason}; ${deviationWords(shown)}` : reason;
}

export const startWords = ({ by }: ShadowRecord): string =>
  by === 'class'
    ? 'the first op that differs in class'
    : 'the first op with a sampled element beyond the tolerance';
