/**
 * Everything the model computed on one batch, as safetensors under the names other tools use: logits, loss,
 * per_token_loss, hidden_states.i, ln_f_out, attn_probs.i, and where asked for grad.NAME of every parameter.
 */
import type { CausalLMBatch } from '@nanscope/collator';
import { float32Tensor, type SafetensorsTensor, writeSafetensors } from '@nanscope/safetensors';
import { lossAndGradients, uploadTrainingBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { allLogits, type BatchResult, type Computation } from './evaluate-batch.ts';
import { meanLoss } from './lane-record.ts';

/** [B, T-1], 0 where the label is ignored. */
function perTokenLoss(batch: CausalLMBatch, result: BatchResult): Float32Array {
  const losses = new Float32Array(batch.batch * (batch.length - 1));
  result.supervised.rows.forEach((position, i) => {
    const row = Math.floor(position / batch.length);
    losses[row * (batch.length - 1) + (position % batch.length)] = result.losses[i]!;
  });
  return losses;
}

/** Runs the forward pass once more and keeps every intermediate the file names. */
async function intermediates(
  computation: Computation,
  batch: CausalLMBatch,
): Promise<Record<string, SafetensorsTensor>> {
  const kept: Record<string, tf.Tensor> = {};
  tf.tidy(() => {
    const logits = allLogits(computation, batch, (name, tensor) => {
      if (/^(attention|layer)/.test(name)) return; // Stages, which the file does not name.
      kept[name] = tf.keep(tf.clone(tensor));
    });
    kept.logits = tf.keep(tf.reshape(logits, [batch.batch, batch.length, logits.shape[1]]));
  });
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, tensor] of Object.entries(kept)) {
    tensors[name] = float32Tensor(tensor.shape, Float32Array.from(await tensor.data()));
  }
  tf.dispose(kept);
  return tensors;
}

/** Gradients of the mean over the supervised tokens of the batch, each freed once it is read. */
export async function gradientsOf(
  { model, implementation, policy, kernel }: Computation,
  batch: CausalLMBatch,
): Promise<Record<string, SafetensorsTensor>> {
  const device = uploadTrainingBatch(model.config, { ...batch, shape: [batch.batch, batch.length] });
  const { lossSum, tokens, gradients } = lossAndGradients(model, device, { implementation, policy, kernel });
  tf.dispose([lossSum, { ...device }]);
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const sums = await gradient.data();
    tensors[`grad.${name}`] = float32Tensor(
      gradient.shape,
      Float32Array.from(sums, (sum) => sum / tokens),
    );
    gradient.dispose();
  }
  return tensors;
}

/**
 * Writes the file in one step.
 *
 * @returns what a reader of the file has to know beside it, a sentence each.
 */
export async function saveOutputs(
  path: string,
  computation: Computation,
  batch: CausalLMBatch,
  result: BatchResult,
  asked: { readonly gradients?: boolean; readonly batches?: number } = {},
): Promise<string[]> {
  const { gradients = false, batches = 1 } = asked;
  const { policy, implementation, kernel = 'composed' } = computation;
  const notes: string[] = [];
  if (batches > 1) notes.push(`${path} holds the first of ${batches} batches, whose loss is in it`);
  if (kernel === 'fused') notes.push(`${path} has no attn_probs: the fused kernel never holds probabilities`);
  const supervised = result.losses.length > 0;
  if (gradients && !supervised) notes.push(`${path} has no grad: no token of the first batch is supervised`);
  await writeSafetensors(
    path,
    {
      loss: float32Tensor([1], Float32Array.of(meanLoss(result.losses))),
      per_token_loss: float32Tensor([batch.batch, batch.length - 1], perTokenLoss(batch, result)),
      ...(await intermediates(computation, batch)),
      ...(gradients && supervised && (await gradientsOf(computation, batch))),
    },
    { policy: policy.name, implementation, kernel },
  );
  return notes;
}
