/** What a lane's tracing says of itself, as labelled sentences: the terminal and the page lay out the same words. */
import type { CascadeRecord, ReplayRecord, WarningRecord } from '@nanscope/record';
import { count, counted } from '../text/number.ts';
import { keyWords } from './common.ts';

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
  if (level === 'off' && observer === 'unchecked') return [];
  const tone = ({ changed: 'bad', unchecked: 'warn' } as const)[observer as string] ?? 'good';
  return [{ label: 'observer', text: `${observer}${observed === undefined ? '' : `: ${observed}`}`, tone }];
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
      text: `${counted(rowsWithoutKey, 'query', 'queries')} of ${unit} ${count(batch)} with no allowed key, known before anything ran`,
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
