/** One batch through the model: forward, loss, answers. What comes back to the host is one loss and one answer per supervised token. */
import type { AttentionKernel, Policy } from '@nanscope/attention';
import type { CausalLMBatch } from '@nanscope/collator';
import { type CausalLM, uploadBatch } from '@nanscope/model';
import { type RunPhase, type SupervisedRows, scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

export interface Computation {
  readonly model: CausalLM;
  readonly implementation: 'eager' | 'sdpa';
  readonly policy: Policy;
  /** Default: composed. */
  readonly kernel?: AttentionKernel;
}

export const untraced: RunPhase = (_phase, run) => run();

export interface BatchResult {
  /** Which predictions are judged, and against what. */
  readonly supervised: SupervisedRows;
  /** Loss in nats of each supervised token. */
  readonly losses: Float32Array;
  /** The predicted token, or -1 where the logits allow no answer. */
  readonly answers: Int32Array;
}

/** Hidden states after the last LayerNorm, [B,T,C]. Call inside a tidy. */
export function hiddenStates(
  { model, implementation, policy, kernel }: Computation,
  batch: CausalLMBatch,
  capture?: Parameters<CausalLM['hidden']>[1]['capture'],
): tf.Tensor3D {
  const device = uploadBatch(model.config, { ...batch, shape: [batch.batch, batch.length] });
  return model.hidden(device, { implementation, policy, kernel, ...(capture ? { capture } : {}) });
}

/** Logits at every position, [B*T,V]. Call inside a tidy. */
export function allLogits(
  computation: Computation,
  batch: CausalLMBatch,
  capture?: Parameters<CausalLM['hidden']>[1]['capture'],
): tf.Tensor2D {
  const hidden = hiddenStates(computation, batch, capture);
  const [B, T, C] = hidden.shape;
  return computation.model.logits(tf.reshape(hidden, [B * T, C]) as tf.Tensor2D);
}

export async function evaluateBatch(
  computation: Computation,
  batch: CausalLMBatch,
  phase: RunPhase = untraced,
): Promise<BatchResult> {
  const supervised = supervisedRows(
    batch.labels,
    [batch.batch, batch.length],
    computation.model.config.vocabulary,
  );
  if (supervised.rows.length === 0)
    return { supervised, losses: new Float32Array(), answers: new Int32Array() };
  const scores = tf.tidy(() => ({
    ...scoreRows(
      computation.model,
      phase('forward', () => tf.tidy(() => hiddenStates(computation, batch))),
      supervised,
      phase,
    ),
  }));
  try {
    const [losses, answers] = await Promise.all([scores.losses.data(), scores.predictions.data()]);
    return { supervised, losses: Float32Array.from(losses), answers: Int32Array.from(answers) };
  } finally {
    tf.dispose([scores.losses, scores.predictions]);
  }
}
