/**
 * Where a value that is not finite turns into an ordinary number, so that nothing further on shows it: x / inf is 0, a maximum
 * takes the other operand, a select the other branch, an argmax names a place all the same. An op that picks elements launders
 * nothing: what it leaves behind was not asked for. Neither does one that says no answer (RowArgmax gives -1).
 */
import type { OpRecord } from '../types.ts';
import { classifyOps, type Judgement } from './classify.ts';
import { type BatchContext, type Input, inputsOf, isPoisoned, pickers, type TraceData } from './context.ts';
import { type Coordinates, coordinatesOf, unravel } from './coordinates.ts';

/** The element that is the first to be hidden: of `from`, an input or another result of the same call. */
export interface Laundering extends Coordinates {
  /** Key of the record that gives a finite number. */
  readonly key: string;
  /** Key of the record, or name of the external, that holds the hidden value. */
  readonly from: string;
  readonly kind: 'NaN' | 'Inf';
  /** `a division by an infinity gives 0`. */
  readonly how: string;
}

type Poison = Pick<Input, 'name' | 'from' | 'record' | 'health'>;

/** What each kernel makes of it, by what went in. */
function howOf({ kernel }: OpRecord, { health }: Poison): string {
  const wasNaN = (health?.nan ?? 0) > 0;
  switch (kernel) {
    case 'RealDiv':
    case 'Reciprocal':
    case 'Rsqrt':
      return wasNaN ? 'a quotient of NaN came out as a number' : 'a division by an infinity gives 0';
    case 'Exp':
    case 'Expm1':
    case 'Sigmoid':
    case 'Softmax':
    case 'Tanh':
    case 'Erf':
    case 'NormalCdf':
    case 'GeluNew':
      return wasNaN ? 'a function of NaN came out as a number' : 'the function of an infinity is finite';
    case 'ArgMax':
    case 'ArgMin':
    case 'TopK':
      return 'an index stands for a row that has no largest or smallest number';
    case 'Max':
    case 'Maximum':
    case 'Min':
    case 'Minimum':
    case 'Relu':
    case 'Relu6':
    case 'LeakyRelu':
    case 'Prelu':
    case 'ClipByValue':
      return 'the bound or the other operand is taken instead';
    case 'Select':
    case 'SelectMasked':
      return 'the other branch is taken';
    case 'Equal':
    case 'NotEqual':
    case 'Less':
    case 'LessEqual':
    case 'Greater':
    case 'GreaterEqual':
    case 'LogicalAnd':
    case 'LogicalOr':
    case 'LogicalNot':
      return 'a comparison gives true or false of it';
    case 'Cast':
      return 'a whole number or a truth value stands for it';
    case 'Multiply':
      return 'a product with it came out as a number';
    default:
      return `${kernel} gives a number for it`;
  }
}

/** Kernels whose second result, beyond float32, makes the first a constant. */
const overflowing: Readonly<Record<string, string>> = {
  LayerNorm: 'the variance is beyond float32: the row is the offset alone',
  RmsNorm: 'the mean of squares is beyond float32: the row is 0',
};

function place({ record, from, health }: Poison, trace: TraceData, context: BatchContext | undefined) {
  const wasNaN = health?.firstNaN !== undefined;
  const index = (wasNaN ? health.firstNaN : health?.firstInf) ?? 0;
  const kind = wasNaN ? ('NaN' as const) : ('Inf' as const);
  if (record) return { kind, ...coordinatesOf(record, index, context) };
  const shape = trace.externals[from]?.shape ?? [];
  return { kind, coordinates: unravel(index, shape), coordinateNames: shape.map((_, d) => `dimension ${d}`) };
}

/** The first result of the call whose second one is record `index`; they stand side by side. */
function firstResult({ records }: TraceData, index: number): OpRecord | undefined {
  const wanted = records[index]!.key.replace(/:1$/, ':0');
  return [records[index - 1], records[index + 1]].find((record) => record?.key === wanted);
}

/** Kernels that work element by element, and that can take another number for a NaN. */
const choosing: ReadonlySet<string> = new Set([
  ...['ClipByValue', 'LeakyRelu', 'Maximum', 'Minimum', 'Relu', 'Relu6', 'Select', 'SelectMasked'],
]);

/** The input whose first NaN is a number in the output, though others may have passed. */
function hiddenElement(trace: TraceData, record: OpRecord): Input | undefined {
  const { size, firstNaN: seen = Number.POSITIVE_INFINITY } = record.health ?? {};
  if (!choosing.has(record.kernel)) return undefined;
  return inputsOf(trace, record).find(
    ({ health }) => health?.size === size && health?.firstNaN !== undefined && health.firstNaN < seen,
  );
}

/** Infinite statistics of a norm, whose first result is finite. */
function hiddenInside(
  trace: TraceData,
  index: number,
): { key: string; how: string; poison: Poison } | undefined {
  const record = trace.records[index]!;
  const how = overflowing[record.kernel];
  if (how === undefined || record.output !== 1 || (record.health?.posInf ?? 0) === 0) return undefined;
  const first = firstResult(trace, index);
  if (!first || (first.health?.nan ?? 0) > 0) return undefined;
  return { key: first.key, how, poison: { name: 'itself', from: record.key, record, health: record.health } };
}

/** In order of execution. @param judgements from `classifyOps`, when the caller has them already */
export function launderings(
  trace: TraceData,
  context?: BatchContext,
  judgements: readonly Judgement[] = classifyOps(trace, context),
): Laundering[] {
  return trace.records.flatMap((record, index): Laundering[] => {
    const { class: found, ended, benign } = judgements[index]!;
    const inside = hiddenInside(trace, index);
    if (inside) {
      const { key, how, poison } = inside;
      return [{ key, from: record.key, how, ...place(poison, trace, context) }];
    }
    const hides = found === 'kill' || ended !== undefined || hiddenElement(trace, record) !== undefined;
    if (!hides || benign !== undefined || record.alias || pickers.has(record.kernel)) return [];
    if (record.kernel === 'RowArgmax') return [];
    const poisoned = inputsOf(trace, record).filter(isPoisoned);
    const input =
      hiddenElement(trace, record) ?? poisoned.find(({ health }) => (health?.nan ?? 0) > 0) ?? poisoned[0];
    if (!input) return [];
    return [
      { key: record.key, from: input.from, how: howOf(record, input), ...place(input, trace, context) },
    ];
  });
}
