/** One lane's progress as one line. Pure; who writes it where and when is the neighbour `writer.ts`. */

import { sanitize } from '@nanscope/record';
import { count, duration, rate } from '@nanscope/words';
import { type Page, page } from '../terminal/page.ts';
import { type Line, paint, span } from '../text/line.ts';

export interface ProgressState {
  /** `target` or `reference`. */
  readonly lane: string;
  /** Batches done. */
  readonly done: number;
  /** Batches there are; undefined while the data is still being read. */
  readonly total?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  readonly etaSeconds?: number | undefined;
  /** What is counted; default `batches`. */
  readonly unit?: string | undefined;
  /** Figures of the moment, told before the rest: `loss 3.21`. */
  readonly facts?: readonly string[] | undefined;
  /** What the lane is at when it is not evaluating batches: `loading the model`, `leak check`. */
  readonly phase?: string | undefined;
}

export interface ProgressLineOptions {
  readonly width: number;
  readonly color: boolean;
  readonly unicode?: boolean;
}

const LANE_WIDTH = 10;
const LONGEST_BAR = 30;
const SHORTEST_BAR = 8;
const USUAL_FACTS = 46;

/** `3/12 batches`, or `3 batches` while the total is unknown. */
function doneWords({ done, total, unit = 'batches' }: ProgressState): string {
  if (total !== undefined) return `${count(done)}/${count(total)} ${unit}`;
  return `${count(done)} ${done === 1 ? unit.replace(/(ch)es$|s$/, '$1') : unit}`;
}

/** Facts in the order in which they are dropped when the line is short, last first. */
function factsOf(state: ProgressState): string[] {
  const { phase, done, total, tokensPerSecond, etaSeconds } = state;
  const over = total !== undefined && done >= total;
  const facts = [phase ?? doneWords(state)];
  if (phase === undefined) {
    facts.push(...(state.facts ?? []));
    if (etaSeconds !== undefined && Number.isFinite(etaSeconds) && !over)
      facts.push(`${duration(etaSeconds)} left`);
    if (tokensPerSecond !== undefined && tokensPerSecond > 0) facts.push(`${rate(tokensPerSecond)} tokens/s`);
  }
  return facts;
}

function bar(state: ProgressState, width: number, { glyphs }: Page): Line {
  if (state.total === undefined || state.total <= 0) return [];
  const share = Math.min(1, Math.max(0, state.done / state.total));
  const full = Math.floor(share * width);
  return [
    span(glyphs.bar.full.repeat(full), share >= 1 ? 'good' : 'note'),
    span(glyphs.bar.empty.repeat(width - full), 'dim'),
    span('  '),
  ];
}

function compose(state: ProgressState, layout: Page, withBar: boolean): Line {
  const { width, glyphs } = layout;
  const separator = ` ${glyphs.dot} `;
  const facts = factsOf(state);
  const lane = state.lane.padEnd(LANE_WIDTH);
  const lengthOf = (): number => lane.length + facts.join(separator).length;
  while (facts.length > 1 && lengthOf() > width) facts.pop();
  // Room for usual facts is kept free, so that the bar's width does not change from line to line.
  const room = width - 2 - Math.max(lengthOf(), lane.length + USUAL_FACTS);
  const bars = withBar && room >= SHORTEST_BAR ? bar(state, Math.min(LONGEST_BAR, room), layout) : [];
  const first = facts.shift()!;
  return [
    span(lane, 'strong'),
    ...bars,
    span(first),
    ...facts.flatMap((fact) => [span(separator, 'dim'), span(fact, 'dim')]),
  ];
}

function line(
  state: ProgressState,
  { width, color, unicode = true }: ProgressLineOptions,
  withBar: boolean,
): string {
  const layout = page(width, unicode);
  const clean: ProgressState = {
    ...state,
    lane: sanitize(state.lane, unicode),
    phase: state.phase === undefined ? undefined : sanitize(state.phase, unicode),
  };
  return paint([compose(clean, layout, withBar)], width, color, layout.glyphs.ellipsis).trimEnd();
}

/** A line with a bar where it fits, without a newline, never wider than `width`. */
export function progressLine(state: ProgressState, options: ProgressLineOptions): string {
  return line(state, options, true);
}

/** The same facts without a bar, for logs. */
export function progressLogLine(state: ProgressState, options: ProgressLineOptions): string {
  return line(state, options, false);
}
