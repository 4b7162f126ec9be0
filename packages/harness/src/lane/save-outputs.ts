/** Everything the model computed on one batch, as safetensors under the names other tools use: logits, loss, per_token_loss, hidden_states.i, ln_f_out, attn_probs.i. */
import type { CausalLMBatch } from '@nanscope/collator';
import { float32Tensor, type SafetensorsTensor, writeSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { allLogits, type BatchResult, type Computation } from './evaluate-batch.ts';
import { meanLoss } from './mean-loss.ts';

/** [B, T-1], 0 where the label is ignored. */
function perTokenLoss(batch: CausalLMBatch, result: BatchResult): Float32Array {
  const losses = new Float32Array(batch.batch * (batch.length - 1));
  result.supervised.rows.forEach((position, i) => {
    const row = Math.floor(position / batch.length);
    losses[row * (batch.length - 1) + (position % batch.length)] = result.losses[i]!;
  });
  return losses;
}

/** Runs the forward pass once more, keeps every intermediate the file names, and writes it in one step. */
export async function saveOutputs(
  path: string,
  computation: Computation,
  batch: CausalLMBatch,
  result: BatchResult,
): Promise<void> {
  const kept: Record<string, tf.Tensor> = {};
  tf.tidy(() => {
    const logits = allLogits(computation, batch, (name, tensor) => {
      kept[name] = tf.keep(tf.clone(tensor));
    });
    kept.logits = tf.keep(tf.reshape(logits, [batch.batch, batch.length, logits.shape[1]]));
  });
  const tensors: Record<string, SafetensorsTensor> = {
    loss: float32Tensor([1], Float32Array.of(meanLoss(result.losses))),
    per_token_loss: float32Tensor([batch.batch, batch.length - 1], perTokenLoss(batch, result)),
  };
  for (const [name, tensor] of Object.entries(kept)) {
    tensors[name] = float32Tensor(tensor.shape, Float32Array.from(await tensor.data()));
  }
  tf.dispose(kept);
  await writeSafetensors(path, tensors, {
    policy: computation.policy.name,
    implementation: computation.implementation,
  });
}
