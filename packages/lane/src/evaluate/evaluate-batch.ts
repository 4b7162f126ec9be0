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
  readonly kernel?: AttentionKernel | 'auto';
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

// The attention of one head over one row, cell by cell: what the policy was meant to keep out and did not, and what is not finite.

/**
 * `masked`: not allowed, and of weight 0. `leaked`: not allowed, and of some weight. `attended`: allowed, whatever its
 * weight. A key is allowed that is a token, not padding, and not after the query.
 */
export type PatternCell = 'attended' | 'masked' | 'leaked' | 'nan' | 'infinity';

export interface AttentionPattern {
  readonly layer: number;
  readonly head: number;
  readonly row: number;
  /** T: queries and keys. */
  readonly length: number;
  /** [T,T], row-major by query. */
  readonly probabilities: Float32Array;
  readonly cells: readonly PatternCell[];
  /** Which positions are tokens, [T]. */
  readonly tokens: readonly boolean[];
}

/** Pure. */
export function patternCell(probability: number, allowed: boolean): PatternCell {
  if (Number.isNaN(probability)) return 'nan';
  if (!Number.isFinite(probability)) return 'infinity';
  if (allowed) return 'attended';
  return probability === 0 ? 'masked' : 'leaked';
}

/** Runs the forward pass once more, and keeps the probabilities of the layer. */
export async function attentionPattern(
  computation: Computation,
  batch: CausalLMBatch,
  { layer, head, row }: Pick<AttentionPattern, 'layer' | 'head' | 'row'>,
): Promise<AttentionPattern> {
  const T = batch.length;
  let kept: tf.Tensor | undefined;
  // A fused kernel holds no probabilities; composed is the same arithmetic.
  tf.tidy(() => {
    hiddenStates({ ...computation, kernel: 'composed' }, batch, (name, tensor) => {
      if (name !== `attn_probs.${layer}`) return;
      kept = tf.keep(tf.reshape(tf.slice(tensor, [row, head, 0, 0], [1, 1, T, T]), [T, T]));
    });
  });
  if (!kept) throw new Error(`The model showed no probabilities of layer ${layer}.`);
  const probabilities = Float32Array.from(await kept.data());
  kept.dispose();
  const tokens = Array.from(batch.attentionMask.subarray(row * T, (row + 1) * T), (bit) => bit === 1);
  const cells = Array.from(probabilities, (probability, at) => {
    const [query, key] = [Math.floor(at / T), at % T];
    return patternCell(probability, key <= query && tokens[key]!);
  });
  return { layer, head, row, length: T, probabilities, cells, tokens };
}
