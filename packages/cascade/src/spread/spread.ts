/**
 * How the contamination grows through the residual stream, as data: at which layer which positions of which
 * batch row are non-finite, and by what step they became so.
 */

import { isResidualStream, stageOf } from '@nanscope/record';
import { type Judgement, mechanismOf } from '../judge/classify.ts';
import { type BatchContext, inScope, type TraceData } from '../judge/context.ts';
import { bringsIn } from '../judge/origin.ts';
import type { OpRecord } from '../types.ts';

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
      stageOf(record.path) === layer &&
      inScope(record, 'probs') &&
      record.shape.length === 4 &&
      record.shape[3] === context.positions,
  );
}

/** Where the positions that were not finite lie from those that turned: `at the earlier positions are NaN`. */
function sourceWords(before: string, now: string): string {
  const sources = positionsOf(before);
  const turned = positionsOf(now).filter((position) => !sources.includes(position));
  const [first, last] = [turned[0] ?? 0, turned.at(-1) ?? 0];
  const side = sources.every((position) => position < first)
    ? 'earlier '
    : sources.every((position) => position > last)
      ? 'later '
      : 'other ';
  const where = sources.length === 1 ? `${side}position ${sources[0]}` : `${side}positions`;
  return `at the ${where} are ${sources.some((position) => before[position] === 'N') ? 'NaN' : 'infinite'}`;
}

/**
 * How a layer carried what is not finite to queries of this row that were finite before it. When the NaN weights are
 * exactly the rows of queries that were NaN or fully masked already, the weights of all others are finite, and only the
 * values can have brought it.
 */
function carriedBy(
  trace: TraceData,
  layer: string,
  row: number,
  { before, now }: { readonly before: readonly string[]; readonly now: string },
  context: BatchContext,
): string {
  const where = sourceWords(before[row]!, now);
  const weights = weightsOf(trace, layer, context);
  if (!weights?.health) return `inherited through attention: keys and values ${where}`;
  const dead = before.reduce((count, cells, each) => {
    const masked = context.mask?.fullyMasked[each] ?? [];
    return count + new Set([...positionsOf(cells), ...masked]).size;
  }, 0);
  const rows = weights.shape[1]! * dead;
  return weights.health.nan <= rows * weights.shape[3]!
    ? `inherited through 0 * NaN: the weights of these queries are finite, the values ${where}`
    : `inherited through the scores: keys ${where}, and the mask does not remove them`;
}

/** The first record of a layer that brings in what is not intended; of `external` ones only those that read it from outside. */
function bornIn(
  trace: TraceData,
  layer: string,
  judgements: readonly Judgement[],
  external: boolean,
): number {
  return trace.records.findIndex(
    (record, i) =>
      record.phase === 'forward' &&
      stageOf(record.path) === layer &&
      bringsIn(trace, record, judgements[i]!) &&
      !(external && judgements[i]!.class === 'gen'),
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
    const born = bornIn(trace, layer, judgements, false);
    const external = bornIn(trace, layer, judgements, true);
    picture.cells.forEach((layers, row) => {
      const now = layers[index]!;
      if (positionsOf(now).join() === positionsOf(before[row]!).join()) return;
      if (positionsOf(now).length === 0) return;
      const wasFinite = positionsOf(before[row]!).length === 0;
      const source = wasFinite ? born : external;
      let why = 'unknown';
      if (source >= 0) {
        const { name, evidence } = mechanismOf(trace, source, context);
        why = `${name}: ${evidence}`;
      } else if (!wasFinite) {
        why = carriedBy(trace, layer, row, { before, now }, context);
      }
      for (const { from, to } of runsOf(now)) steps.push({ layer, row, from, to, why });
    });
  });
  return steps;
}

// The layer x position picture: which positions of which batch row of the residual stream hold a NaN or an
// infinity after the embeddings, after each block, and after the final LayerNorm.

export interface PositionPicture {
  /** `embeddings`, `h.0`, `h.1`, ..., `ln_f` of GPT-2, `embed_tokens`, `layers.0`, ..., `norm` of most others, in execution order. */
  readonly layers: readonly string[];
  /** `cells[batchRow][layer]`: one character per position, `.` finite, `I` infinity, `N` NaN, `-` not measured. */
  readonly cells: readonly (readonly string[])[];
}

/** @param context gives B and T, which a residual stream of rows [B*T, C] does not show */
export function positionPicture(
  trace: TraceData,
  context: Pick<BatchContext, 'batch' | 'positions'>,
): PositionPicture {
  const { batch, positions } = context;
  const rowsByLayer = new Map<string, string>();
  for (const { path, phase, rows } of trace.records) {
    if (phase !== 'forward' || rows === undefined || !isResidualStream(path)) continue;
    // The last one in the scope is the layer's output.
    if (rows.length === batch * positions)
      rowsByLayer.set(stageOf(path) ?? path.replace(/\/?output$/, ''), rows);
  }
  const layers = [...rowsByLayer.keys()];
  const cells = Array.from({ length: batch }, (_, row) =>
    layers.map((layer) => rowsByLayer.get(layer)!.slice(row * positions, (row + 1) * positions)),
  );
  return { layers, cells };
}
