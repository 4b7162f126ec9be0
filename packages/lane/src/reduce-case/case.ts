/**
 * What is reduced: a batch, and a model cut out of the run's model. Plain data; token ids, positions, layers and names of
 * weights are those of the run, so that a smaller case is a part of a larger one. How it gets smaller is in passes.ts.
 */

import type { BatchTrace, Capture } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import {
  buildCausalLM,
  type CausalLM,
  type Cut,
  cutWeights,
  familyOf,
  layerOf,
  type ModelConfig,
  type ModelWeights,
  parameterShapes,
  wholeCut,
} from '@nanscope/model';
import type { EnvironmentRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';

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

// The model of a case, on the active backend: cut out of the run's, whose weights are read once and kept.

/** Weights that are read, or drawn, at the first question only. */
function readOnce({ config, dtype, values }: ModelWeights): ModelWeights {
  const read = new Map<string, Promise<Float32Array>>();
  return {
    config,
    ...(dtype && { dtype }),
    values(name, size) {
      const known = read.get(name) ?? values(name, size);
      read.set(name, known);
      return known;
    },
  };
}

/** The weights of the model of a case. */
export function weightsOf(whole: ModelWeights, candidate: Case): ModelWeights {
  const kept = new Set(candidate.weights);
  const family = familyOf(whole.config);
  return cutWeights(whole, candidate, (name) =>
    kept.has(name) ? undefined : family.plainValue(whole.config, name),
  );
}

/** Makes models of cases; holds one, since neighbours in a search often differ in their batch alone. */
export class CutModels {
  readonly #whole: ModelWeights;
  #held: { readonly key: string; readonly model: CausalLM } | undefined;

  constructor(whole: ModelWeights) {
    this.#whole = readOnce(whole);
  }

  async of(candidate: Case): Promise<CausalLM> {
    const { rows: _, ...cut } = candidate;
    const key = JSON.stringify(cut);
    if (this.#held?.key === key) return this.#held.model;
    this.dispose();
    const model = await buildCausalLM(weightsOf(this.#whole, candidate));
    this.#held = { key, model };
    return model;
  }

  dispose(): void {
    this.#held?.model.dispose();
    this.#held = undefined;
  }
}

// What the parent hands a process that tries cases, what it says to it afterwards, and what comes back.

export interface ReduceTask extends Pick<LaneTaskBase, 'decision' | 'policy'> {
  readonly config: EvalConfig;
}

/** From the parent: try this one. */
export interface CaseMessage {
  readonly kind: 'case';
  readonly id: number;
  readonly candidate: Case;
  /** The call to capture whole, by its key. */
  readonly call?: string;
}

/** What a case gave on one device. */
export interface Tried {
  readonly trace: BatchTrace;
  /** Mean over the supervised tokens, in nats. */
  readonly loss: number;
  /** Capture of the call that was asked for. */
  readonly captured?: Capture;
}

export type ReduceMessage =
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  /** Without `tried` there was nothing to compute, or the error says what was in the way. */
  | { readonly kind: 'tried'; readonly id: number; readonly tried?: Tried; readonly error?: string };
