/**
 * The metrics of a whole evaluation from its per-token results. Sums are float64 and go over tokens, so the
 * loss is the mean over all supervised tokens, not a mean of batch means. Nothing non-finite is left out.
 */
import { ignoredLabel } from './kernels/sparse-cross-entropy.ts';

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

export class EvalAccumulator {
  #sum = 0;
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
      perplexity: Math.exp(loss),
      accuracy: this.#correct / this.#tokens,
      supervisedTokens: this.#tokens,
      correct: this.#correct,
      unanswerable: this.#unanswerable,
      nonFinite: { ...this.#nonFinite },
    };
  }
}
