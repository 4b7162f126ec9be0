/**
 * The reference model of vectors/gpt2-ref on whatever backend is active: every batch under every convention for
 * fully masked rows, judged against float64. One suite for all backends; gpt2.test.ts opens them.
 */
import { readFileSync } from 'node:fs';
import { FLOAT32_MIN, type Implementation, type Policy, policies } from '@nanscope/attention';
import { type CausalLM, uploadBatch } from '@nanscope/model';
import { readSafetensors, toFloat32, toIntegers } from '@nanscope/safetensors';
import { crossEntropy, shiftLabels, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

export interface Gpt2Case {
  /** `gpt2-ref:leftpad:policy=zero` */
  readonly id: string;
  readonly batch: string;
  readonly convention: string;
  /** File with the expected tensors. */
  readonly file: string;
  /** How far plain float32 was from float64 in the reference implementation; null where it is not stated. */
  readonly float32Noise: { readonly logits: number; readonly grads: number };
}

interface Index {
  readonly cases: readonly {
    readonly name: string;
    readonly results: readonly {
      readonly convention: string;
      readonly file: string;
      readonly float32_vs_float64_max_abs: { readonly logits: number; readonly grads: number };
    }[];
  }[];
}

/** All cases of the folder. */
export function gpt2Cases(folder: string): Gpt2Case[] {
  const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as Index;
  return index.cases.flatMap(({ name, results }) =>
    results.map(({ convention, file, float32_vs_float64_max_abs }) => ({
      id: `gpt2-ref:${name}:policy=${convention}`,
      batch: name,
      convention,
      file,
      float32Noise: float32_vs_float64_max_abs,
    })),
  );
}

const select = (value: number) => ({ how: 'select', value }) as const;
const additive = (value: number) => ({ how: 'additive', value }) as const;
const infinity = Number.NEGATIVE_INFINITY;

/** The reference's names for what happens to a fully masked row, as our policies. */
const conventions: Record<string, Pick<Policy, 'fill' | 'rowGuard'>> = {
  zero: { fill: select(infinity), rowGuard: 'zeros' },
  additive_min: { fill: additive(FLOAT32_MIN), rowGuard: 'none' },
  fill_min: { fill: select(FLOAT32_MIN), rowGuard: 'none' },
  unmask: { fill: select(infinity), rowGuard: 'attend-all' },
  neginf: { fill: select(infinity), rowGuard: 'none' },
  neginf_add: { fill: additive(infinity), rowGuard: 'none' },
};

/** A convention of the vectors, or a preset. @throws Error for an unknown one: no case is left out silently. */
export function policyOf(convention: string): Policy {
  if (Object.hasOwn(policies, convention)) return policies[convention as keyof typeof policies];
  const known = conventions[convention];
  if (!known) throw new Error(`No policy for the convention "${convention}".`);
  return { name: convention, compose: 'and', computeDtype: 'f32', ...known };
}

/** Every tensor's numbers by its name, in one read-back; the tensors are let go. */
export async function arraysOf(tensors: Record<string, tf.Tensor>): Promise<Record<string, Float32Array>> {
  const read = Object.entries(tensors).map(
    async ([name, tensor]) => [name, (await tensor.data()) as Float32Array] as const,
  );
  const arrays = Object.fromEntries(await Promise.all(read));
  tf.dispose(tensors);
  return arrays;
}

/** Runs one case and gives every tensor of the reference file, by its name, as host arrays. */
export async function runCase(
  model: CausalLM,
  folder: string,
  { batch, convention }: Gpt2Case,
  implementation: Implementation,
): Promise<Record<string, Float32Array>> {
  const inputs = await readSafetensors(`${folder}/inputs.${batch}.safetensors`);
  const read = async (name: string) => toIntegers(await inputs.read(name));
  const shape = inputs.info('input_ids').shape as [number, number];
  const [B, T] = shape;
  const labels = await read('labels');
  const device = uploadBatch(model.config, {
    shape,
    inputIds: await read('input_ids'),
    attentionMask: await read('attention_mask'),
    positionIds: await read('position_ids'),
  });
  const count = supervisedRows(labels, shape, model.config.vocabulary).rows.length;
  const shifted = tf.tensor1d(shiftLabels(labels, shape), 'int32');
  const kept: Record<string, tf.Tensor> = {};
  const keep = (name: string, tensor: tf.Tensor) => {
    kept[name] = tf.keep(tf.clone(tensor));
  };

  const forward = (): tf.Scalar =>
    tf.tidy(() => {
      const hidden = model.hidden(device, {
        implementation,
        policy: policyOf(convention),
        capture: keep,
      });
      const logits = model.logits(tf.reshape(hidden, [B * T, model.config.width]));
      const grid = tf.reshape(logits, [B, T, model.config.vocabulary]) as tf.Tensor3D;
      const predicting = tf.reshape(tf.slice(grid, [0, 0, 0], [-1, T - 1, -1]), [
        B * (T - 1),
        -1,
      ]) as tf.Tensor2D;
      const losses = crossEntropy(predicting, shifted);
      const loss = tf.div(tf.sum(losses), tf.scalar(count)) as tf.Scalar;
      keep('logits', logits);
      keep('per_token_loss', losses);
      keep('loss', loss);
      return loss;
    });

  const { value, grads } = tf.variableGrads(forward, Object.values(model.parameters));
  value.dispose();
  for (const [name, variable] of Object.entries(model.parameters))
    kept[`grad.${name}`] = grads[variable.name]!;
  const arrays = await arraysOf(kept);
  tf.dispose([shifted, { ...device }]);
  return arrays;
}

/** Every float32 tensor of the case's reference file. */
export async function expectedTensors(
  folder: string,
  { file }: Gpt2Case,
): Promise<Record<string, Float32Array>> {
  const reference = await readSafetensors(`${folder}/${file}`);
  const tensors: Record<string, Float32Array> = {};
  for (const name of reference.names) {
    if (reference.info(name).dtype === 'F32') tensors[name] = toFloat32(await reference.read(name));
  }
  return tensors;
}
