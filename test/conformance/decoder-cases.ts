/**
 * Tiny decoders in Hugging Face layout on whatever backend is active: every batch of a folder under every convention for
 * fully masked rows, as transformers names what it gives. One suite for all backends; decoders.test.ts opens them.
 */
import { readFileSync } from 'node:fs';
import type { Implementation } from '@nanscope/attention';
import {
  Decoder,
  type DecoderConfig,
  decoderShapes,
  decoderSpec,
  type HostBatch,
  type JsonObject,
  type ModelBatch,
  uploadBatch,
} from '@nanscope/model';
import { readSafetensors, toFloat32, toIntegers } from '@nanscope/safetensors';
import { crossEntropy, shiftLabels, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { policyOf } from './gpt2-cases.ts';

export interface DecoderInputs {
  readonly batch: HostBatch;
  readonly labels: ArrayLike<number>;
}

function configOf(json: JsonObject, where: string): DecoderConfig {
  const spec = decoderSpec(json, where);
  const { modelType, width, heads, keyValueHeads, headDim, mlpWidth, vocabulary, maxPositions } = spec;
  return {
    ...{ modelType, width, heads, keyValueHeads, headDim, mlpWidth, vocabulary, maxPositions },
    layers: spec.layers.length,
    positionsKey: 'max_position_embeddings',
    learnedPositions: spec.embedding.positions !== null,
    bosTokenId: null,
    eosTokenId: null,
    padTokenId: null,
    tied: spec.head.tied,
    initializerRange: spec.initializerRange,
    dropout: { embeddings: 0, attention: 0, residual: 0 },
    scaleSettings: [],
    json,
    spec,
  };
}

/** The decoder of a config.json with weights by name. */
export async function decoderOf(
  json: JsonObject,
  where: string,
  weights: (name: string, size: number) => Promise<Float32Array>,
): Promise<Decoder> {
  const config = configOf(json, where);
  const parameters: Record<string, tf.Variable> = {};
  for (const [name, shape] of decoderShapes(config.spec)) {
    const tensor = tf.tensor(await weights(name, tf.util.sizeFromShape([...shape])), [...shape], 'float32');
    parameters[name] = tf.variable(tensor);
    tensor.dispose();
  }
  return new Decoder(config, parameters);
}

/** The decoder in a folder. */
export async function loadDecoder(folder: string): Promise<Decoder> {
  const where = `${folder}/config.json`;
  const file = await readSafetensors(`${folder}/model.safetensors`);
  return decoderOf(JSON.parse(readFileSync(where, 'utf8')), where, async (name) => {
    const stored = file.names.includes(name) ? name : name.replace(/^lm_head\./, 'embed_out.');
    return toFloat32(await file.read(stored));
  });
}

export async function readInputs(path: string): Promise<DecoderInputs> {
  const file = await readSafetensors(path);
  const read = async (name: string) => toIntegers(await file.read(name));
  return {
    batch: {
      shape: file.info('input_ids').shape as [number, number],
      inputIds: await read('input_ids'),
      attentionMask: await read('attention_mask'),
      positionIds: await read('position_ids'),
    },
    labels: await read('labels'),
  };
}

/** The mean loss over the supervised tokens; what lies on the way goes to `keep`. */
function lossOf(
  model: Decoder,
  device: ModelBatch,
  labels: ArrayLike<number>,
  convention: string,
  implementation: Implementation,
  keep?: (name: string, tensor: tf.Tensor) => void,
): tf.Scalar {
  const [B, T] = device.inputIds.shape;
  const { vocabulary } = model.config;
  return tf.tidy(() => {
    const hidden = model.hidden(device, {
      implementation,
      policy: policyOf(convention),
      ...(keep && { capture: keep }),
    });
    const logits = model.logits(tf.reshape(hidden, [B * T, hidden.shape[2]]));
    const grid = tf.reshape(logits, [B, T, vocabulary]) as tf.Tensor3D;
    const rows = tf.reshape(tf.slice(grid, [0, 0, 0], [-1, T - 1, -1]), [B * (T - 1), -1]) as tf.Tensor2D;
    const losses = crossEntropy(rows, tf.tensor1d(shiftLabels(labels, [B, T]), 'int32'));
    const count = supervisedRows(labels, [B, T], vocabulary).rows.length;
    const loss = tf.div(tf.sum(losses), tf.scalar(count)) as tf.Scalar;
    keep?.('logits', logits);
    keep?.('per_token_loss', losses);
    keep?.('loss', loss);
    return loss;
  });
}

async function arraysOf(tensors: Record<string, tf.Tensor>): Promise<Record<string, Float32Array>> {
  const arrays: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) arrays[name] = (await tensor.data()) as Float32Array;
  tf.dispose(tensors);
  return arrays;
}

/** Loss and the gradient of every parameter, by its name. */
export async function lossAndGradientsOf(
  model: Decoder,
  { batch, labels }: DecoderInputs,
  convention = 'zero',
  implementation: Implementation = 'eager',
): Promise<{ readonly loss: number; readonly gradients: Record<string, Float32Array> }> {
  const device = uploadBatch(model.config, batch);
  const { value, grads } = tf.variableGrads(
    () => lossOf(model, device, labels, convention, implementation),
    Object.values(model.parameters),
  );
  const named = Object.entries(model.parameters).map(([name, variable]) => [name, grads[variable.name]!]);
  const { loss } = await arraysOf({ loss: value });
  const gradients = await arraysOf(Object.fromEntries(named));
  tf.dispose({ ...device });
  return { loss: loss![0]!, gradients };
}

/** Every tensor that the reference has, by its name, as host arrays. */
export async function runDecoder(
  model: Decoder,
  inputs: DecoderInputs,
  convention: string,
  implementation: Implementation,
): Promise<Record<string, Float32Array>> {
  const device = uploadBatch(model.config, inputs.batch);
  const kept: Record<string, tf.Tensor> = {};
  const keep = (name: string, tensor: tf.Tensor) => {
    if (!name.startsWith('attn_probs')) kept[name] = tf.keep(tf.clone(tensor));
  };
  lossOf(model, device, inputs.labels, convention, implementation, keep).dispose();
  const forward = await arraysOf(kept);
  tf.dispose({ ...device });
  const { gradients } = await lossAndGradientsOf(model, inputs, convention, implementation);
  const named = Object.entries(gradients).map(([name, values]) => [`grad.${name}`, values]);
  return { ...forward, ...Object.fromEntries(named) };
}

/** Every tensor of a reference file. */
export async function referenceTensors(path: string): Promise<Record<string, Float32Array>> {
  const file = await readSafetensors(path);
  const tensors: Record<string, Float32Array> = {};
  for (const name of file.names) tensors[name] = toFloat32(await file.read(name));
  return tensors;
}

/** The largest finite magnitude. */
export const largestOf = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
