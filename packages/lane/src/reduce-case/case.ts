/**
 * What is reduced: a batch, and a model cut out of the run's model. Plain data; token ids, positions, layers and names of
 * weights are those of the run, so that a smaller case is a part of a larger one. How it gets smaller is in passes.ts.
 */
import type { CausalLMBatch } from '@nanscope/collator';
import { type Cut, layerOf, type ModelConfig, parameterShapes, wholeCut } from '@nanscope/model';

/** One row of the batch; all rows of a case are of the same length T. */
export interface CaseRow {
  readonly inputIds: readonly number[];
  readonly attentionMask: readonly number[];
  /** -100 where there is nothing to predict. */
  readonly labels: readonly number[];
  readonly positionIds: readonly number[];
}

export interface Case extends Cut {
  readonly rows: readonly CaseRow[];
  /** Names of the weights that keep the run's values; all others are constant. */
  readonly weights: readonly string[];
}

export const IGNORED = -100;

/** A batch of the run on the whole of its model. */
export function wholeCase(config: ModelConfig, batch: CausalLMBatch): Case {
  const { batch: B, length: T } = batch;
  const row = (values: Int32Array, index: number) => [...values.subarray(index * T, (index + 1) * T)];
  return {
    ...wholeCut(config),
    rows: Array.from({ length: B }, (_, index) => ({
      inputIds: row(batch.inputIds, index),
      attentionMask: row(batch.attentionMask, index),
      labels: row(batch.labels, index),
      positionIds: row(batch.positionIds, index),
    })),
    weights: [...parameterShapes(config).keys()],
  };
}

export const lengthOf = ({ rows }: Pick<Case, 'rows'>): number => rows[0]?.inputIds.length ?? 0;

const ascending = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);

/** Token ids that the batch names: inputs and labels. */
export const usedTokens = ({ rows }: Pick<Case, 'rows'>): number[] =>
  ascending(rows.flatMap(({ inputIds, labels }) => [...inputIds, ...labels.filter((id) => id !== IGNORED)]));

/** Positions that the batch names; more where T needs them, since a model has at least T. */
export function usedPositions({ rows }: Pick<Case, 'rows'>): number[] {
  const used = new Set(rows.flatMap(({ positionIds }) => positionIds));
  for (let next = 0; used.size < lengthOf({ rows }); next++) used.add(next);
  return ascending(used);
}

/** Without what refers to a layer that is not kept. */
export function consistent(candidate: Case): Case {
  const { layers } = candidate;
  const kept = (name: string) => {
    const layer = layerOf(name);
    return layer === undefined || layers.includes(layer);
  };
  return { ...candidate, weights: candidate.weights.filter(kept) };
}

/** The batch as the cut model takes it: ids are places in `vocabulary` and `positions`. */
export function batchOf(candidate: Case): CausalLMBatch {
  const { rows, vocabulary, positions } = candidate;
  const placeIn = (kept: readonly number[]) => {
    const places = new Map(kept.map((id, place) => [id, place]));
    return (id: number) => {
      const place = id === IGNORED ? id : places.get(id);
      if (place === undefined) throw new Error(`The case names ${id}, which its model was cut without.`);
      return place;
    };
  };
  const token = placeIn(vocabulary);
  const position = positions ? placeIn(positions) : (id: number) => id;
  return {
    inputIds: Int32Array.from(rows.flatMap(({ inputIds }) => inputIds.map(token))),
    attentionMask: Int32Array.from(rows.flatMap(({ attentionMask }) => attentionMask)),
    labels: Int32Array.from(rows.flatMap(({ labels }) => labels.map(token))),
    positionIds: Int32Array.from(rows.flatMap(({ positionIds }) => positionIds.map(position))),
    batch: rows.length,
    length: lengthOf(candidate),
    lengths: rows.map(({ attentionMask }) => attentionMask.reduce((sum, bit) => sum + bit, 0)),
    truncated: 0,
  };
}

/** Equal for the same case. */
export const keyOf = (candidate: Case): string => JSON.stringify(candidate);
