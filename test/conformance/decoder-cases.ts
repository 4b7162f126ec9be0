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
import { arraysOf, policyOf } from './gpt2-cases.ts';

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
  keep: (name: string, tensor: tf.Tensor) => void,
): tf.Scalar {
  const [B, T] = device.inputIds.shape;
  const { vocabulary } = model.config;
  return tf.tidy(() => {
    const hidden = model.hidden(device, {
      implementation,
      policy: policyOf(convention),
      capture: keep,
    });
    const logits = model.logits(tf.reshape(hidden, [B * T, hidden.shape[2]]));
    const grid = tf.reshape(logits, [B, T, vocabulary]) as tf.Tensor3D;
    const rows = tf.reshape(tf.slice(grid, [0, 0, 0], [-1, T - 1, -1]), [B * (T - 1), -1]) as tf.Tensor2D;
    const losses = crossEntropy(rows, tf.tensor1d(shiftLabels(labels, [B, T]), 'int32'));
    const count = supervisedRows(labels, [B, T], vocabulary).rows.length;
    const loss = tf.div(tf.sum(losses), tf.scalar(count)) as tf.Scalar;
    keep('logits', logits);
    keep('per_token_loss', losses);
    keep('loss', loss);
    return loss;
  });
}

/** Loss, the gradient of every parameter as `grad.` and its name, and what `keep` is called with on the way. */
async function runWithGradients(
  model: Decoder,
  { batch, labels }: DecoderInputs,
  convention: string,
  implementation: Implementation,
  wanted: (name: string) => boolean,
): Promise<Record<string, Float32Array>> {
  const device = uploadBatch(model.config, batch);
  const kept: Record<string, tf.Tensor> = {};
  const keep = (name: string, tensor: tf.Tensor) => {
    if (wanted(name)) kept[name] = tf.keep(tf.clone(tensor));
  };
  const { value, grads } = tf.variableGrads(
    () => lossOf(model, device, labels, convention, implementation, keep),
    Object.values(model.parameters),
  );
  value.dispose();
  for (const [name, variable] of Object.entries(model.parameters))
    kept[`grad.${name}`] = grads[variable.name]!;
  const arrays = await arraysOf(kept);
  tf.dispose({ ...device });
  return arrays;
}

/** Loss and the gradient of every parameter, by its name. */
export async function lossAndGradientsOf(
  model: Decoder,
  inputs: DecoderInputs,
  convention = 'zero',
  implementation: Implementation = 'eager',
): Promise<{ readonly loss: number; readonly gradients: Record<string, Float32Array> }> {
  const { loss, ...named } = await runWithGradients(
    model,
    inputs,
    convention,
    implementation,
    (name) => name === 'loss',
  );
  const gradients = Object.entries(named).map(([name, values]) => [name.replace(/^grad\./, ''), values]);
  return { loss: loss![0]!, gradients: Object.fromEntries(gradients) };
}

/** Every tensor that the reference has, by its name, as host arrays. */
export const runDecoder = (
  model: Decoder,
  inputs: DecoderInputs,
  convention: string,
  implementation: Implementation,
): Promise<Record<string, Float32Array>> =>
  runWithGradients(model, inputs, convention, implementation, (name) => !name.startsWith('attn_probs'));

/** Every tensor of a reference file. */
export async function referenceTensors(path: string): Promise<Record<string, Float32Array>> {
  const file = await readSafetensors(path);
  const tensors: Record<string, Float32Array> = {};
  for (const name of file.names) tensors[name] = toFloat32(await file.read(name));
  return tensors;
}

/** The largest finite magnitude. */
export function largestOf(numbers: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    const magnitude = Math.abs(numbers[i]!);
    if (magnitude > most && magnitude < Number.POSITIVE_INFINITY) most = magnitude;
  }
  return most;
}
