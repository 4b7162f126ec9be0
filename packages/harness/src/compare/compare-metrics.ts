/** The lanes' metrics side by side, each with the tolerance it would have needed. */
import { fromJsonNumber, type MetricComparison, type MetricsRecord, toJsonNumber } from '@nanscope/report';
import { numberClass, requiredRtol, sameNumber, type Tolerance } from './numbers.ts';

/**
 * Judged by class and tolerance, or by class alone. Accuracy is of the second kind: two logits closer together
 * than the tolerance may swap, and the losses of the labels, which are judged, see any swap that matters.
 */
const judged = [
  { name: 'loss', numbers: true, of: (metrics: MetricsRecord) => fromJsonNumber(metrics.loss) },
  { name: 'perplexity', numbers: false, of: (metrics: MetricsRecord) => fromJsonNumber(metrics.perplexity) },
  { name: 'accuracy', numbers: false, of: (metrics: MetricsRecord) => fromJsonNumber(metrics.accuracy) },
] as const;

const counted = [
  { name: 'tokens', of: (metrics: MetricsRecord) => metrics.tokens },
  { name: 'unanswerable', of: (metrics: MetricsRecord) => metrics.unanswerable },
  { name: 'NaN losses', of: (metrics: MetricsRecord) => metrics.nonFinite.nan },
  {
    name: 'infinite losses',
    of: (metrics: MetricsRecord) => metrics.nonFinite.posInf + metrics.nonFinite.negInf,
  },
] as const;

function compareOne(
  name: string,
  target: number,
  reference: number,
  tolerance: Tolerance,
  numbers: boolean,
): MetricComparison {
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
    pass: numbers ? sameNumber(target, reference, tolerance) : sameClass,
  };
}

export function compareMetrics(
  target: MetricsRecord,
  reference: MetricsRecord,
  tolerance: Tolerance,
): MetricComparison[] {
  const exact: Tolerance = { rtol: 0, atol: 0 };
  return [
    ...judged.map(({ name, numbers, of }) => compareOne(name, of(target), of(reference), tolerance, numbers)),
    ...counted.map(({ name, of }) => compareOne(name, of(target), of(reference), exact, true)),
  ];
}
