/** From the trace of one batch to the cascade of the result schema: events, origin, spread, kills, picture. Pure. */
import type { Policy } from '@nanscope/attention';
import {
  type BatchContext,
  type BatchTrace,
  cascadeEvents,
  classifyOps,
  contextOf,
  findOrigin,
  positionPicture,
  spreadOf,
  type Turn,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { CascadeRecord, PictureRecord } from '@nanscope/report';

/** Events of one batch that a result keeps; health.jsonl holds more. */
const MOST_EVENTS = 400;

export interface TracedBatch {
  readonly trace: BatchTrace;
  readonly batch: CausalLMBatch;
  readonly policy: Policy;
}

/** The rows of the [B,T] attention mask. */
function maskRows({ attentionMask, batch, length }: CausalLMBatch): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    Array.from(attentionMask.subarray(row * length, (row + 1) * length)),
  );
}

function contextFor(batch: CausalLMBatch, policy: Policy): BatchContext {
  return contextOf(maskRows(batch), policy.compose !== 'causal-dropped');
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

export function summarize(
  { trace, batch, policy }: TracedBatch,
  level: CascadeRecord['level'],
): CascadeRecord {
  const context = contextFor(batch, policy);
  const judgements = classifyOps(trace, context);
  const { events, cut } = cascadeEvents(trace, judgements, MOST_EVENTS);
  const origin = findOrigin(trace, context, judgements);
  const picture = positionPicture(trace, context);
  return {
    level,
    ops: trace.records.length,
    batchesTraced: 1,
    events,
    eventsCut: cut,
    ...(origin && {
      origin: {
        key: origin.key,
        batch: trace.batch,
        coordinates: [...origin.coordinates],
        coordinateNames: [...origin.coordinateNames],
        mechanism: { ...origin.mechanism },
        ...(origin.becameNaN && { becameNaN: turnRecord(origin.becameNaN) }),
      },
    }),
    spread: spreadOf(trace, judgements, picture, context),
    kills: events
      .filter((event) => (event.class === 'kill' || event.ended) && event.benign === undefined)
      .map((event) => event.key),
    picture: {
      layers: [...picture.layers],
      cells: picture.cells.map((layers) => [...layers]),
      padding: maskRows(batch).map(pads),
    },
    observer: 'unchecked',
  };
}
