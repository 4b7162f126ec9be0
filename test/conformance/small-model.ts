/**
 * The GPT-2 of golden/gpt2 with room for long padding and with a head of its own: the embedding of the pad id can be
 * poisoned without touching the logits. What float32 errs in this model is recorded in golden/presets.
 */
import { fileURLToPath } from 'node:url';
import {
  type CausalLM,
  type ModelConfig,
  modelOf,
  openWeights,
  parameterShapes,
  resizeConfig,
} from '@nanscope/model';
import type { LabelledBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { recordings } from './preset-goldens.ts';

export const modelFolder = fileURLToPath(new URL('../../golden/gpt2/model', import.meta.url));

/** No real token has this id. */
export const PAD_ID = 0;
/** No real token stands here. */
export const PAD_POSITION = 47;

/** Largest distance of the recorded system's float32 from its float64: of the loss, of a logit, of a gradient. */
export const modelNoise = recordings.find(({ name }) => name.endsWith('-sdpa'))!.manifest.float32Noise!;

/** Host values of every parameter, without a tensor; `lm_head.weight` is a copy of the embedding. */
export async function smallModelWeights(): Promise<{ config: ModelConfig; weights: Weights }> {
  const { config, values } = await openWeights({ directory: modelFolder });
  const weights: Record<string, Weight> = {};
  for (const [name, shape] of parameterShapes(config)) {
    weights[name] = { shape, values: await values(name, tf.util.sizeFromShape([...shape])) };
  }
  const { width: C } = config;
  const positions = weights['transformer.wpe.weight']!.values;
  const longer = Float32Array.from(
    { length: (PAD_POSITION + 1) * C },
    (_, i) => positions[i % positions.length]!,
  );
  weights['transformer.wpe.weight'] = { shape: [PAD_POSITION + 1, C], values: longer };
  weights['lm_head.weight'] ??= weights['transformer.wte.weight']!;
  return { config: resizeConfig(config, { maxPositions: PAD_POSITION + 1 }, 'test'), weights };
}

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
export type Weights = Readonly<Record<string, Weight>>;

/** On the active backend; the caller disposes of it. */
export function smallModel(config: ModelConfig, weights: Weights): CausalLM {
  const parameters = Object.entries(weights).map(([name, { shape, values }]) => [
    name,
    tf.variable(tf.tensor(values, [...shape]), true),
  ]);
  return modelOf(config, Object.fromEntries(parameters));
}

/** Left-padded rows; every label is a real token's, and the first token of a row is predicted by nothing. */
export function leftPadded(rows: readonly (readonly number[])[], pads: readonly number[]): LabelledBatch {
  const T = rows[0]!.length + pads[0]!;
  const place = (fill: number, of: (row: readonly number[], t: number) => number) =>
    rows.flatMap((row, b) => [...Array<number>(pads[b]!).fill(fill), ...row.map((_, t) => of(row, t))]);
  return {
    shape: [rows.length, T],
    inputIds: place(PAD_ID, (row, t) => row[t]!),
    attentionMask: place(0, () => 1),
    positionIds: place(PAD_POSITION, (_row, t) => t),
    labels: place(-100, (row, t) => (t === 0 ? -100 : row[t]!)),
  };
}
