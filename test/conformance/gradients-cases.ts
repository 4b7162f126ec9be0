/**
 * Gradients of the reference model of vectors/gpt2-ref on whatever backend is active, through the trainer's own
 * entry, judged against float64; and the five optimizer steps. One suite for all backends; gradients.test.ts opens them.
 */
import { readFileSync } from 'node:fs';
import type { Implementation } from '@nanscope/attention';
import { type CausalLM, modelOf, parameterShapes, resizeConfig } from '@nanscope/model';
import { readSafetensors, toFloat32, toIntegers } from '@nanscope/safetensors';
import {
  AdamW,
  gradientNorm,
  gradientScale,
  type LabelledBatch,
  lossAndGradients,
  uploadTrainingBatch,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { arraysOf, policyOf } from './gpt2-cases.ts';

/** One of the folder's batches, in JavaScript memory. */
export async function labelledBatch(folder: string, name: string): Promise<LabelledBatch> {
  const inputs = await readSafetensors(`${folder}/inputs.${name}.safetensors`);
  const read = async (tensor: string) => toIntegers(await inputs.read(tensor));
  return {
    shape: inputs.info('input_ids').shape as [number, number],
    inputIds: await read('input_ids'),
    attentionMask: await read('attention_mask'),
    positionIds: await read('position_ids'),
    labels: await read('labels'),
  };
}

export interface MeanGradients {
  readonly loss: number;
  readonly norm: number;
  /** Gradients of the mean loss, by parameter name. */
  readonly gradients: Record<string, Float32Array>;
}

/** Loss, gradient norm and gradients of the mean loss of one batch under one convention. */
export async function meanGradients(
  model: CausalLM,
  host: LabelledBatch,
  convention: string,
  implementation: Implementation,
): Promise<MeanGradients> {
  const batch = uploadTrainingBatch(model.config, host);
  const result = lossAndGradients(model, batch, { implementation, policy: policyOf(convention) });
  const norm = gradientNorm(result.gradients, result.tokens);
  const numbers = await arraysOf({ ...result.gradients, lossSum: result.lossSum, norm });
  tf.dispose({ ...batch });
  const { lossSum, norm: normValue, ...sums } = numbers;
  const mean = (sum: Float32Array) => sum.map((value) => value / result.tokens);
  const gradients = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, mean(sum)]));
  return { loss: lossSum![0]! / result.tokens, norm: normValue![0]!, gradients };
}

/** The model without its last block: the one-layer truncation of the reference, sharing the parameters of `model`. */
export function firstLayer(model: CausalLM): CausalLM {
  const config = resizeConfig(model.config, { layers: 1 }, 'test');
  const names = [...parameterShapes(config).keys()];
  return modelOf(config, Object.fromEntries(names.map((name) => [name, model.parameters[name]!])));
}

export interface OneLayerCase {
  /** `leftpad.neginf_add` */
  readonly name: string;
  readonly loss: number | null;
  /** NaN counts as `count/size` by tensor name; a tensor that is not listed has none. */
  readonly nan: Readonly<Record<string, string>>;
}

export function oneLayerCases(folder: string): OneLayerCase[] {
  const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as {
    one_layer_truncation_neginf_cascade_float32: Record<string, Omit<OneLayerCase, 'name'>>;
  };
  return Object.entries(index.one_layer_truncation_neginf_cascade_float32).map(([name, rest]) => ({
    name,
    ...rest,
  }));
}

/** `gradient`'s NaN count in the form of the index. */
export const nanCount = (values: Float32Array): string =>
  `${values.filter((value) => Number.isNaN(value)).length}/${values.length}`;

export interface OptimizerCase {
  readonly name: 'adamw5' | 'adamw5_clip1';
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly maximum: number | undefined;
}

export function optimizerCases(folder: string): OptimizerCase[] {
  interface Entry {
    readonly clip_grad_norm: number | null;
    readonly losses: number[];
    readonly grad_norms_before_clip: number[];
  }
  const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as Record<string, Entry>;
  return (['adamw5', 'adamw5_clip1'] as const).map((name) => {
    const { clip_grad_norm, losses, grad_norms_before_clip: norms } = index[name]!;
    return { name, losses, norms, maximum: clip_grad_norm ?? undefined };
  });
}

/** Runs the steps of an optimizer case; the model's parameters are left updated. */
export async function runOptimizer(
  model: CausalLM,
  folder: string,
  { losses, maximum }: OptimizerCase,
): Promise<{ losses: number[]; norms: number[]; parameters: Record<string, Float32Array> }> {
  const batch = uploadTrainingBatch(model.config, await labelledBatch(folder, 'plain'));
  const optimizer = new AdamW(model.parameters, { decay: 'all' });
  const options = { implementation: 'sdpa', policy: policyOf('neginf') } as const;
  const seen = { losses: [] as number[], norms: [] as number[] };
  for (let step = 0; step < losses.length; step++) {
    const result = lossAndGradients(model, batch, options);
    const norm = gradientNorm(result.gradients, result.tokens);
    const scale = gradientScale(norm, result.tokens, maximum);
    optimizer.step(result.gradients, 1e-3, scale);
    seen.losses.push((await result.lossSum.data())[0]! / result.tokens);
    seen.norms.push((await norm.data())[0]!);
    tf.dispose([norm, scale, { ...result }]);
  }
  const parameters: Record<string, Float32Array> = {};
  for (const [name, variable] of Object.entries(model.parameters)) {
    parameters[name] = (await variable.data()) as Float32Array;
  }
  optimizer.dispose();
  tf.dispose({ ...batch });
  return { ...seen, parameters };
}

/** The parameters after the steps, by name. */
export async function expectedParameters(
  folder: string,
  name: string,
): Promise<Record<string, Float32Array>> {
  const file = await readSafetensors(`${folder}/${name}.safetensors`);
  const tensors: Record<string, Float32Array> = {};
  for (const tensor of file.names) tensors[tensor] = toFloat32(await file.read(tensor));
  return tensors;
}
