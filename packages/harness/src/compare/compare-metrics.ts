/** The lanes' metrics side by side, each with the tolerance it would have needed. */

import {
  fromJsonNumber,
  type MetricComparison,
  type MetricsRecord,
  numberClass,
  requiredRtol,
  sameNumber,
  type Tolerance,
  toJsonNumber,
} from '@nanscope/record';
import { counted } from '@nanscope/words';

/** The metrics that are compared; over the labels that both sides have there are no batches and no time. */
export type ComparedMetrics = Pick<
  MetricsRecord,
  'loss' | 'perplexity' | 'accuracy' | 'tokens' | 'unanswerable' | 'nonFinite'
>;

/** Labels for which the two sides predict another token. */
export interface AnswersApart {
  readonly differing: number;
  /** Those that one side answers against its own loss, which leaves the label, or any other token, no room. */
  readonly impossible: number;
}

const countedMetrics = [
  { name: 'tokens', of: (metrics: ComparedMetrics) => metrics.tokens },
  { name: 'unanswerable', of: (metrics: ComparedMetrics) => metrics.unanswerable },
  { name: 'NaN losses', of: (metrics: ComparedMetrics) => metrics.nonFinite.nan },
  {
    name: 'infinite losses',
    of: (metrics: ComparedMetrics) => metrics.nonFinite.posInf + metrics.nonFinite.negInf,
  },
] as const;

function compareOne(name: string, target: number, reference: number, tolerance: Tolerance): MetricComparison {
  const sameClass = numberClass(target) === numberClass(reference);
  const finite = sameClass && Number.isFinite(reference);
  const relative = finite
    ? target === reference
      ? 0
      : Math.abs(target - reference) / Math.abs(reference)
    : sameClass
      ? 0
      : Number.POSITIVE_INFINITY;
  return {
    name,
    reference: toJsonNumber(reference),
    target: toJsonNumber(target),
    class: !sameClass ? 'class-differs' : finite ? 'finite' : 'same-class',
    relative: toJsonNumber(relative),
    requiredRtol: toJsonNumber(requiredRtol(target, reference, tolerance.atol)),
    pass: sameNumber(target, reference, tolerance),
  };
}

/**
 * exp(loss) is within the tolerance exactly when the loss is. Its own difference is the loss's times the loss's
 * size, and it overflows where the loss does not: neither says anything of the lanes.
 */
function comparePerplexity(one: MetricComparison, loss: MetricComparison): MetricComparison {
  const { class: lossClass, requiredRtol: needed, pass } = loss;
  const relative = lossClass === 'finite' && one.target === one.reference ? 0 : one.relative;
  return { ...one, relative, class: lossClass, requiredRtol: needed, pass, judgedBy: 'loss' };
}

/**
 * Two logits closer together than the tolerance may swap, so that no tolerance of its own is right for a share of
 * answers. Only answers that a lane's own losses rule out are a difference.
 */
function compareAccuracy(one: MetricComparison, answers: AnswersApart | undefined): MetricComparison {
  if (one.class !== 'finite' || one.target === one.reference) return one;
  if (answers && answers.impossible > 0) {
    const said = `${counted(answers.impossible, 'answer')} cannot be: the loss of the same lane rules ${answers.impossible === 1 ? 'it' : 'them'} out`;
    return { ...one, pass: false, reason: said };
  }
  const where = answers ? `the answers to ${counted(answers.differing, 'label')} differ; ` : '';
  return { ...one, pass: true, reason: `${where}nearly equal logits may change places`, judgedBy: 'nothing' };
}

/** @param answers undefined where no answers are known */
export function compareMetrics(
  target: ComparedMetrics,
  reference: ComparedMetrics,
  tolerance: Tolerance,
  answers?: AnswersApart,
): MetricComparison[] {
  const one = (name: 'loss' | 'perplexity' | 'accuracy') =>
    compareOne(name, fromJsonNumber(target[name]), fromJsonNumber(reference[name]), tolerance);
  const exact: Tolerance = { rtol: 0, atol: 0 };
  const loss = one('loss');
  return [
    loss,
    comparePerplexity(one('perplexity'), loss),
    compareAccuracy(one('accuracy'), answers),
    ...countedMetrics.map(({ name, of }) => compareOne(name, of(target), of(reference), exact)),
  ];
}
