/** Per-token losses of two runs, label by label, streamed: which labels differ, and what is special about their place. */
import {
  type ComparisonRecord,
  fromJsonNumber,
  type JsonNumber,
  requiredRtol,
  type SampleLine,
  sameNumber,
  type Tolerance,
  toJsonNumber,
} from '@nanscope/record';
import { EvalAccumulator } from '@nanscope/trainer';
import type { AnswersApart, ComparedMetrics } from './compare-metrics.ts';

/** What one side says of a label. */
interface LabelResult {
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

/** The metrics over the labels that two sides have in common, and the labels that they answer differently. */
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

const MOST = 50;

/** `first` is the position of the first real token of the row. */
function placeWords(line: SampleLine, position: number): string {
  if (position === line.first && line.first > 0) return 'first real token, predicted from the last pad';
  if (position < line.first) return 'predicted from a pad';
  return 'predicted from a real token';
}

/** A label at the same place of both rows, by index. */
type Pair = readonly [own: number, other: number];

/**
 * The labels that two rows have in common, counted from their first real tokens: one may be padded on the other
 * side, cut earlier, or have labels that the other leaves out. Undefined for rows of different text.
 */
function pairLabels(own: SampleLine, other: SampleLine): Pair[] | undefined {
  const at = new Map(other.positions.map((position, i) => [position - other.first, i]));
  const pairs: Pair[] = [];
  for (const [i, position] of own.positions.entries()) {
    const j = at.get(position - own.first);
    if (j === undefined) continue;
    if (own.labels[i] !== other.labels[j]) return undefined;
    pairs.push([i, j]);
  }
  return pairs;
}

/** Rows of the same number, in order; one of the two is missing where only one side has it. */
async function* pairRows(
  target: AsyncIterator<SampleLine>,
  reference: AsyncIterator<SampleLine>,
): AsyncGenerator<readonly [SampleLine | undefined, SampleLine | undefined]> {
  const following = async (side: AsyncIterator<SampleLine>) => {
    const step = await side.next();
    return step.done ? undefined : step.value;
  };
  let [own, other] = [await following(target), await following(reference)];
  while (own || other) {
    const first = Math.min(own?.row ?? Number.POSITIVE_INFINITY, other?.row ?? Number.POSITIVE_INFINITY);
    const [hasOwn, hasOther] = [own?.row === first, other?.row === first];
    yield [hasOwn ? own : undefined, hasOther ? other : undefined];
    if (hasOwn) own = await following(target);
    if (hasOther) other = await following(reference);
  }
}

/** @param common is given every label that both have */
export async function compareLabels(
  target: AsyncIterator<SampleLine>,
  reference: AsyncIterator<SampleLine>,
  tolerance: Tolerance,
  decode: (label: number) => string,
  common: CommonLabels = new CommonLabels(),
): Promise<ComparisonRecord['labels']> {
  const differing: ComparisonRecord['labels']['differing'] = [];
  let compared = 0;
  let cut = 0;
  let unpaired = 0;
  let required = 0;
  let same = 0;
  for await (const [own, other] of pairRows(target, reference)) {
    if (!own || !other) {
      unpaired++;
      continue;
    }
    const pairs = pairLabels(own, other) ?? [];
    if (pairs.length === 0 && own.positions.length + other.positions.length > 0)
      common.otherRows.add(own.row);
    compared += pairs.length;
    unpaired += own.positions.length + other.positions.length - 2 * pairs.length;
    for (const [i, j] of pairs) {
      const [label, position] = [own.labels[i]!, own.positions[i]!];
      const [x, y] = [fromJsonNumber(own.losses[i]!), fromJsonNumber(other.losses[j]!)];
      common.add({ label, loss: x, answer: own.answers[i]! }, { label, loss: y, answer: other.answers[j]! });
      required = Math.max(required, requiredRtol(x, y, tolerance.atol));
      if (sameNumber(x, y, tolerance)) {
        if (!Number.isFinite(x)) same++;
        continue;
      }
      if (differing.length === MOST) {
        cut++;
        continue;
      }
      differing.push({
        ...{ row: own.row, position, label, text: decode(label), what: placeWords(own, position) },
        ...{ reference: toJsonNumber(y), target: toJsonNumber(x) },
      });
    }
  }
  return {
    ...{ compared, unpaired, differing, differingCut: cut, requiredRtol: toJsonNumber(required) },
    ...(same > 0 && { sameNonFinite: same }),
  };
}
