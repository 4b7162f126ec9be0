/**
 * Loss and prediction of every supervised position of a batch, on the device. Logits exist for a chunk of rows at
 * a time only: for GPT-2 they are the largest tensor of an evaluation by far.
 */
import { type CausalLM, rowArgmax } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, ignoredLabel } from './kernels/sparse-cross-entropy.ts';
import type { SupervisedRows } from './training-batch.ts';

/** Stays under WebGPU's usual limit of 128 MiB per storage buffer. */
const chunkBytes = 120 * 2 ** 20;

/** How many rows of logits are made at once. */
export function rowsPerChunk(vocabulary: number): number {
  return Math.max(1, Math.floor(chunkBytes / (4 * vocabulary)));
}

export interface TokenScores {
  /** float32 [N] */
  readonly losses: tf.Tensor1D;
  /** int32 [N], -1 where there is no honest answer. */
  readonly predictions: tf.Tensor1D;
}

/** Wraps the work of one phase; a tracer uses it to label what it sees. */
export type RunPhase = <T>(phase: 'forward' | 'loss' | 'metrics', work: () => T) => T;

const join = (parts: tf.Tensor1D[]): tf.Tensor1D => (parts.length === 1 ? parts[0]! : tf.concat1d(parts));

/**
 * @param hidden [B,T,C] after the final LayerNorm.
 * @param supervised Which of its B T rows to score, and against what; at least one.
 * @param step Rows of logits made at once.
 * @returns One entry per supervised row, in their order. The caller disposes of both.
 */
export function scoreRows(
  model: CausalLM,
  hidden: tf.Tensor3D,
  { rows, labels }: SupervisedRows,
  runPhase: RunPhase = (_, work) => work(),
  step: number = rowsPerChunk(model.config.vocabulary),
): TokenScores {
  const [B, T, C] = hidden.shape;
  if (rows.length === 0) throw new Error('There is no supervised row to score.');
  return tf.tidy(() => {
    const flat = tf.reshape(hidden, [B * T, C]) as tf.Tensor2D;
    const losses: tf.Tensor1D[] = [];
    const predictions: tf.Tensor1D[] = [];
    for (let start = 0; start < rows.length; start += step) {
      const chunk = tf.tidy(() => {
        const logits = runPhase('forward', () => {
          const chosen = tf.gather(flat, tf.tensor1d(rows.slice(start, start + step), 'int32'));
          return model.logits(chosen as tf.Tensor2D);
        });
        const targets = tf.tensor1d(labels.slice(start, start + step), 'int32');
        return {
          losses: runPhase('loss', () => crossEntropy(logits, targets)),
          predictions: runPhase('metrics', () => rowArgmax(logits)),
        };
      });
      losses.push(chunk.losses);
      predictions.push(chunk.predictions);
    }
    return runPhase('metrics', () => ({ losses: join(losses), predictions: join(predictions) }));
  });
}

/** Per-token results of one batch; entries whose label is -100 are skipped. */
export interface TokenResults {
  readonly losses: ArrayLike<number>;
  /** The predicted id, or -1 where the logits gave no honest answer. */
  readonly predictions: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

export interface EvalMetrics {
  /** Mean over supervised tokens; NaN as soon as one of them is NaN, and NaN when there are none. */
  readonly loss: number;
  /** Standard error of the mean, tokens taken as independent; NaN for fewer than two or where a loss is not finite. */
  readonly lossError: number;
  /** exp(loss) */
  readonly perplexity: number;
  /** Right answers over supervised tokens; a token without an answer counts as not right. NaN when there are none. */
  readonly accuracy: number;
  readonly supervisedTokens: number;
  readonly correct: number;
  /** Supervised tokens whose logits hold a NaN or have an infinite maximum. */
  readonly unanswerable: number;
  /** Losses of supervised tokens that are not finite, by class. */
  readonly nonFinite: { readonly nan: number; readonly posInf: number; readonly negInf: number };
}

/**
 * The metrics of a whole evaluation from its per-token results. Sums are float64 and go over tokens, so the
 * loss is the mean over all supervised tokens, not a mean of batch means. Nothing non-finite is left out.
 */
export class EvalAccumulator {
  #sum = 0;
  /** Mean of the losses so far and the sum of their squared distances from it, by Welford's method. */
  #mean = 0;
  #squares = 0;
  #tokens = 0;
  #correct = 0;
  #unanswerable = 0;
  readonly #nonFinite = { nan: 0, posInf: 0, negInf: 0 };

  /** Adds one batch. */
  add({ losses, predictions, labels }: TokenResults): void {
    if (losses.length !== labels.length || predictions.length !== labels.length) {
      throw new Error(
        `${labels.length} labels with ${losses.length} losses and ${predictions.length} predictions.`,
      );
    }
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      if (label === ignoredLabel) continue;
      const loss = losses[i]!;
      this.#tokens++;
      this.#sum += loss;
      const apart = loss - this.#mean;
      this.#mean += apart / this.#tokens;
      this.#squares += apart * (loss - this.#mean);
      if (Number.isNaN(loss)) this.#nonFinite.nan++;
      else if (!Number.isFinite(loss)) this.#nonFinite[loss > 0 ? 'posInf' : 'negInf']++;
      const prediction = predictions[i]!;
      if (prediction < 0) this.#unanswerable++;
      else if (prediction === label) this.#correct++;
    }
  }

  /** The metrics of everything added so far. */
  metrics(): EvalMetrics {
    const loss = this.#sum / this.#tokens;
    return {
      loss,
      lossError: Math.sqrt(this.#squares / (this.#tokens - 1) / this.#tokens),
      perplexity: Math.exp(loss),
      accuracy: this.#correct / this.#tokens,
      supervisedTokens: this.#tokens,
      correct: this.#correct,
      unanswerable: this.#unanswerable,
      nonFinite: { ...this.#nonFinite },
    };
  }
}
