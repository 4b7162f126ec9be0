/** The metrics over the labels that two sides have in common, and the labels that they answer differently. */
import { type JsonNumber, toJsonNumber } from '@nanscope/record';
import { EvalAccumulator } from '@nanscope/trainer';
import type { AnswersApart, ComparedMetrics } from './compare-metrics.ts';

/** What one side says of a label. */
export interface LabelResult {
  readonly label: number;
  readonly loss: number;
  /** The predicted token; -1 without one. */
  readonly answer: number;
}

/**
 * Nats. Below ln 2 a label has more than half of the probability, so that no other token can be the answer;
 * the distance to ln 2 is far more than rounding explains.
 */
const SURE = 0.6;

/** An answer that the same lane's loss rules out. */
const isImpossible = ({ label, loss, answer }: LabelResult): boolean => answer !== label && loss < SURE;

export class CommonLabels {
  readonly #target = new EvalAccumulator();
  readonly #reference = new EvalAccumulator();
  /** Rows that hold other text on the two sides. */
  readonly otherRows = new Set<number>();
  #differing = 0;
  #impossible = 0;

  add(target: LabelResult, reference: LabelResult): void {
    add(this.#target, target);
    add(this.#reference, reference);
    if (target.answer === reference.answer) return;
    this.#differing++;
    if (isImpossible(target) || isImpossible(reference)) this.#impossible++;
  }

  get answers(): AnswersApart {
    return { differing: this.#differing, impossible: this.#impossible };
  }

  /** The metrics of both sides over the labels that were added. */
  get metrics(): { readonly target: ComparedMetrics; readonly reference: ComparedMetrics } {
    return { target: figures(this.#target), reference: figures(this.#reference) };
  }
}

function add(accumulator: EvalAccumulator, { label, loss, answer }: LabelResult): void {
  accumulator.add({
    losses: Float64Array.of(loss),
    predictions: Int32Array.of(answer),
    labels: Int32Array.of(label),
  });
}

function figures(accumulator: EvalAccumulator): ComparedMetrics {
  const { loss, perplexity, accuracy, supervisedTokens, unanswerable, nonFinite } = accumulator.metrics();
  const number = (value: number): JsonNumber => toJsonNumber(value);
  return {
    ...{ loss: number(loss), perplexity: number(perplexity), accuracy: number(accuracy) },
    ...{ tokens: supervisedTokens, unanswerable, nonFinite },
  };
}
