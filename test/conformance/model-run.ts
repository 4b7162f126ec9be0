/** GPT-2 on the active backend, forward and backward on one labelled batch, with everything read back as host arrays. */
import type { Implementation, Policy } from '@nanscope/attention';
import type { CausalLM } from '@nanscope/model';
import { type LabelledBatch, lossAndGradients, uploadTrainingBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

export interface ModelNumbers {
  /** Mean over the supervised tokens. */
  readonly loss: number;
  /** `[B, T, V]` */
  readonly logits: Float32Array;
  /** Gradients of the mean, by Hugging Face name. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

export async function runModel(
  model: CausalLM,
  batch: LabelledBatch,
  options: { readonly implementation: Implementation; readonly policy: Policy },
): Promise<ModelNumbers> {
  const device = uploadTrainingBatch(model.config, batch);
  const [B, T] = batch.shape;
  const logits = tf.tidy(() =>
    model.logits(tf.reshape(model.hidden(device, options), [B * T, model.config.width])),
  );
  const { lossSum, tokens, gradients } = lossAndGradients(model, device, options);
  const mean = async (sum: tf.Tensor) => ((await sum.data()) as Float32Array).map((x) => x / tokens);
  const entries = await Promise.all(
    Object.entries(gradients).map(async ([name, sum]) => [name, await mean(sum)] as const),
  );
  const result = {
    loss: (await mean(lossSum))[0]!,
    logits: (await logits.data()) as Float32Array,
    gradients: Object.fromEntries(entries),
  };
  const { tokens: _count, ...tensors } = device;
  tf.dispose([tensors, logits, lossSum, gradients]);
  return result;
}
