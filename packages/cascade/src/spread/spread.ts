/**
 * How the contamination grows through the residual stream, as data: at which layer which positions of which
 * batch row are non-finite, and by what step they became so.
 */
import type { Judgement } from '../judge/classify.ts';
import type { BatchContext } from '../judge/context.ts';
import { inScope, type TraceData } from '../judge/inputs.ts';
import { mechanismOf } from '../judge/mechanism.ts';
import type { OpRecord } from '../types.ts';
import { layerOf, type PositionPicture } from './picture.ts';

export interface SpreadStep {
  readonly layer: string;
  /** Batch row. */
  readonly row: number;
  /** First and last position of a run of non-finite ones, both included. */
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** The runs of characters other than `.` and `-`. */
function runsOf(cells: string): { from: number; to: number }[] {
  return [...cells.matchAll(/[^.-]+/g)].map(({ index, 0: run }) => ({
    from: index,
    to: index + run.length - 1,
  }));
}

const positionsOf = (cells: string) =>
  [...cells].flatMap((cell, i) => (cell === '.' || cell === '-' ? [] : [i]));

/** The attention weights of a layer: the last record over keys in its `probs` scope. */
function weightsOf(trace: TraceData, layer: string, context: BatchContext): OpRecord | undefined {
  return trace.records.findLast(
    (record) =>
      record.phase === 'forward' &&
      layerOf(record.path) === layer &&
      inScope(record, 'probs') &&
      record.shape.length === 4 &&
      record.shape[3] === context.positions,
  );
}

/**
 * How a layer carried NaN to queries that were finite before it. When the NaN weights are exactly the rows of
 * queries that were NaN or fully masked already, the weights of all others are finite, and only the values can
 * have brought it.
 */
function carriedBy(
  trace: TraceData,
  layer: string,
  before: readonly string[],
  context: BatchContext,
): string | undefined {
  const weights = weightsOf(trace, layer, context);
  if (!weights?.health) return undefined;
  const dead = before.reduce((count, cells, row) => {
    const masked = context.mask?.fullyMasked[row] ?? [];
    return count + new Set([...positionsOf(cells), ...masked]).size;
  }, 0);
  const rows = weights.shape[1]! * dead;
  return weights.health.nan <= rows * weights.shape[3]!
    ? 'inherited through 0 * NaN: the weights of these queries are finite, the values at the earlier positions are NaN'
    : 'inherited through the scores: keys at the earlier positions are NaN, and the mask does not remove them';
}

/** The first non-finite of a layer that is not intended. */
function bornIn(trace: TraceData, layer: string, judgements: readonly Judgement[]): number {
  return trace.records.findIndex(
    (record, i) =>
      record.phase === 'forward' &&
      layerOf(record.path) === layer &&
      judgements[i]!.class === 'gen' &&
      judgements[i]!.benign === undefined,
  );
}

/**
 * One step per layer, batch row and run of positions, for the layers at which a batch row's set of non-finite
 * positions is not the one of the layer before.
 *
 * @param judgements from `classifyOps` on the same trace
 * @param picture from `positionPicture` on the same trace
 */
export function spreadOf(
  trace: TraceData,
  judgements: readonly Judgement[],
  picture: PositionPicture,
  context: BatchContext,
): SpreadStep[] {
  const steps: SpreadStep[] = [];
  const clean = '.'.repeat(context.positions);
  picture.layers.forEach((layer, index) => {
    const before = picture.cells.map((layers) => (index === 0 ? clean : layers[index - 1]!));
    const born = bornIn(trace, layer, judgements);
    picture.cells.forEach((layers, row) => {
      const now = layers[index]!;
      if (positionsOf(now).join() === positionsOf(before[row]!).join()) return;
      const wasFinite = positionsOf(before[row]!).length === 0;
      let why: string | undefined;
      if (positionsOf(now).length === 0) return;
      if (wasFinite && born >= 0) {
        const { name, evidence } = mechanismOf(trace, born, context);
        why = `${name}: ${evidence}`;
      } else if (!wasFinite) {
        why = carriedBy(trace, layer, before, context);
      }
      for (const { from, to } of runsOf(now)) steps.push({ layer, row, from, to, why: why ?? 'unknown' });
    });
  });
  return steps;
}
