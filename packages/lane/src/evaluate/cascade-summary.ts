/** From the trace of one batch to the cascade of the result schema: events, origin, spread, kills, picture. Pure. */
import type { Policy } from '@nanscope/attention';
import {
  type BatchContext,
  type BatchTrace,
  cascadeEvents,
  classifyOps,
  contextOf,
  type EarlyWarning,
  earlyWarning,
  findOrigin,
  type Judgement,
  launderings,
  type Origin,
  positionPicture,
  spreadOf,
  type Turn,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import type { CascadeRecord, OriginRecord, PictureRecord } from '@nanscope/record';

type CascadeMechanism = OriginRecord['mechanism'];

/** Events of one batch that a result keeps; health.jsonl holds more. */
const MOST_EVENTS = 400;

export interface TracedBatch {
  readonly trace: BatchTrace;
  readonly batch: CausalLMBatch;
  readonly policy: Policy;
  /** Windows of the model's layers, see `ModelConfig`. */
  readonly windows?: readonly (number | null)[] | undefined;
}

/** Launderings that a result keeps. */
const MOST_LAUNDERED = 16;

/** The rows of the [B,T] attention mask. */
function maskRows({ attentionMask, batch, length }: CausalLMBatch): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    Array.from(attentionMask.subarray(row * length, (row + 1) * length)),
  );
}

function contextFor({ batch, policy, windows }: Omit<TracedBatch, 'trace'>): BatchContext {
  return contextOf(maskRows(batch), policy.compose !== 'causal-dropped', windows);
}

function pads(row: readonly number[]): PictureRecord['padding'][number] {
  const first = row.indexOf(1);
  return first < 0
    ? { left: row.length, right: 0 }
    : { left: first, right: row.length - 1 - row.lastIndexOf(1) };
}

function turnRecord({ key, coordinates, coordinateNames, mechanism }: Turn) {
  return {
    ...{ key, mechanism: { ...mechanism } },
    ...{ coordinates: [...coordinates], coordinateNames: [...coordinateNames] },
  };
}

/** What a filter left out is not known to be healthy: a value that came from there may have been born before it. */
function filteredMechanism({ records, filtered }: BatchTrace, origin: Origin): CascadeMechanism | undefined {
  if (records[origin.record]!.outside)
    return { name: 'unknown', evidence: 'outside of --trace-filter: only what it gave was looked at' };
  if (!filtered) return undefined;
  const { name, evidence } = origin.mechanism;
  return { name, evidence: `${evidence} (a filtered trace: the origin may lie outside of --trace-filter)` };
}

function warningRecord({
  headroom,
  starts,
  ...figures
}: EarlyWarning): NonNullable<CascadeRecord['warning']> {
  return {
    ...figures,
    ...(starts && { starts: { ...starts } }),
    headroom: headroom.map((tap) => ({ ...tap })),
  };
}

/** What a trace comes to, before anything is said of it. */
export interface JudgedTrace {
  readonly context: BatchContext;
  readonly judgements: readonly Judgement[];
  readonly origin: Origin | undefined;
}

export function judgeTrace({ trace, ...about }: TracedBatch): JudgedTrace {
  const context = contextFor(about);
  const judgements = classifyOps(trace, context);
  return { context, judgements, origin: findOrigin(trace, context, judgements) };
}

/**
 * @param previous traces of the steps before, to see what grew
 * @param judged from `judgeTrace`, when the caller has it already
 */
export function summarize(
  traced: TracedBatch,
  level: CascadeRecord['level'],
  previous: readonly BatchTrace[] = [],
  decorations = new Decorations(),
  { context, judgements, origin }: JudgedTrace = judgeTrace(traced),
): CascadeRecord {
  const { trace, batch } = traced;
  const { events, cut } = cascadeEvents(trace, judgements, MOST_EVENTS);
  const picture = decorations.make('the picture of positions', () => positionPicture(trace, context));
  const spread =
    picture && decorations.make('the spread', () => spreadOf(trace, judgements, picture, context));
  const laundered =
    decorations.make('the laundered values', () => launderings(trace, context, judgements)) ?? [];
  const warning = decorations.make('the early warning', () =>
    warningRecord(earlyWarning(trace, context, previous, judgements)),
  );
  return {
    level,
    ops: trace.records.length,
    batchesTraced: 1,
    events,
    eventsCut: cut,
    ...(trace.filtered !== undefined && { filtered: trace.filtered }),
    ...(origin && {
      origin: {
        key: origin.key,
        kind: origin.kind,
        batch: trace.batch,
        coordinates: [...origin.coordinates],
        coordinateNames: [...origin.coordinateNames],
        mechanism: filteredMechanism(trace, origin) ?? { ...origin.mechanism },
        ...(origin.becameNaN && { becameNaN: turnRecord(origin.becameNaN) }),
      },
    }),
    spread: spread ?? [],
    kills: events
      .filter((event) => (event.class === 'kill' || event.ended) && event.benign === undefined)
      .map((event) => event.key),
    ...(laundered.length > 0 && {
      laundered: laundered.slice(0, MOST_LAUNDERED).map(({ coordinates, coordinateNames, ...rest }) => ({
        ...rest,
        coordinates: [...coordinates],
        coordinateNames: [...coordinateNames],
      })),
    }),
    ...(picture && {
      picture: {
        layers: [...picture.layers],
        cells: picture.cells.map((layers) => [...layers]),
        padding: maskRows(batch).map(pads),
      },
    }),
    observer: 'unchecked',
    ...(warning && { warning }),
  };
}
