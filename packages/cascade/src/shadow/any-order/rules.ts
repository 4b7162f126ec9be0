/**
 * What float32 may give for one element of the output of a kernel: the table of kernels, each evaluated in float64 on its
 * inputs with a bound for any order of its sums. One that is not in the table is not known, and nothing is said of it.
 */
import type { CapturedTensor } from '../../capture/attrs.ts';
import { functions } from './functions.ts';
import {
  adamWStep,
  broadcastPlace,
  crossEntropy,
  inputOf,
  layerNorm,
  logSoftmax,
  type Op,
  reducedPlaces,
  rmsNorm,
  rowOf,
  sizeOf,
  softmax,
} from './rows.ts';
import {
  add,
  anything,
  divide,
  given,
  greatest,
  multiply,
  negative,
  rounded,
  type Span,
  square,
  subtract,
  sum,
} from './span.ts';

/** What one element may be: anything in a span, or one of some whole numbers. */
export type Choice = Span | readonly number[];

/** What one element of an output may be; undefined where that is not known. */
type Permitted = (output: number, index: number) => Choice | undefined;

export type Rule = (op: Op, outputs: readonly Pick<CapturedTensor, 'shape'>[]) => Permitted | undefined;

const least = (spans: readonly Span[]): Span => negative(greatest(spans.map(negative)));

/** A rule for two inputs that are broadcast. */
const binary =
  (of: (a: Span, b: Span) => Span): Rule =>
  ({ inputs: [a, b] }, outputs) =>
  (output, index) => {
    const { shape } = outputs[output]!;
    return of(
      given(a!.values[broadcastPlace(index, shape, a!.shape)]!),
      given(b!.values[broadcastPlace(index, shape, b!.shape)]!),
    );
  };

const unary =
  (of: (x: Span) => Span): Rule =>
  ({ inputs: [x] }) =>
  (_, index) =>
    of(given(x!.values[index]!));

function axesOf({ attrs, inputs }: Op): number[] {
  const rank = inputs[0]!.shape.length;
  const { axis } = attrs;
  const given = typeof axis === 'number' ? [axis] : Array.isArray(axis) ? (axis as number[]) : [];
  const all = given.length > 0 ? given : inputs[0]!.shape.map((_, i) => i);
  return all.map((one) => (one < 0 ? one + rank : one));
}

const reduction =
  (of: (terms: Span[]) => Span): Rule =>
  (op) => {
    const [x] = op.inputs;
    const axes = axesOf(op);
    return (_, index) => of(reducedPlaces(index, x!.shape, axes).map((place) => given(x!.values[place]!)));
  };

/** One element of a [N,I] times b [I,O], both the last two axes of a batch that is broadcast. */
function product(op: Op, outputs: readonly Pick<CapturedTensor, 'shape'>[]): Permitted | undefined {
  const [a, b] = op.inputs;
  const { shape } = outputs[0]!;
  const { transposeA = false, transposeB = false, activation = 'linear' } = op.attrs;
  const bias = op.inputs.find(({ name }) => name === 'bias');
  if (activation !== 'linear' && activation !== 'relu') return undefined;
  const [rowsA, columnsA] = a!.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b!.shape.slice(-2) as [number, number];
  const inner = transposeA ? rowsA : columnsA;
  const [rows, columns] = [transposeA ? columnsA : rowsA, transposeB ? rowsB : columnsB];
  // The leading axes of an output that was flattened are counted as they lie.
  const count = sizeOf(shape) / (rows * columns);
  const matrixOf = (tensor: CapturedTensor, matrix: number) => {
    const own = sizeOf(tensor.shape) / (tensor.shape.at(-1)! * tensor.shape.at(-2)!);
    if (own === count) return matrix;
    return own === 1 ? 0 : broadcastPlace(matrix, shape.slice(0, -2), tensor.shape.slice(0, -2));
  };
  return (_, index) => {
    const matrix = Math.floor(index / (rows * columns));
    const row = Math.floor(index / columns) % rows;
    const column = index % columns;
    const [startA, startB] = [
      matrixOf(a!, matrix) * rowsA * columnsA,
      matrixOf(b!, matrix) * rowsB * columnsB,
    ];
    const terms = Array.from({ length: inner }, (_, i) =>
      multiply(
        given(a!.values[startA + (transposeA ? i * columnsA + row : row * columnsA + i)]!),
        given(b!.values[startB + (transposeB ? column * columnsB + i : i * columnsB + column)]!),
      ),
    );
    if (bias) terms.push(given(bias.values[bias.values.length === 1 ? 0 : column]!));
    const total = sum(terms);
    return activation === 'relu' ? greatest([total, given(0)]) : total;
  };
}

/** A row at a time, kept until another is asked for. */
function byRow<T>(of: (row: number) => T): (row: number) => T {
  let last: { readonly row: number; readonly value: T } | undefined;
  return (row) => {
    if (last?.row !== row) last = { row, value: of(row) };
    return last.value;
  };
}

const alongRows =
  (of: (row: readonly Span[]) => readonly Span[]): Rule =>
  ({ inputs: [x] }) => {
    const length = x!.shape.at(-1) ?? 1;
    const rows = byRow((row) => of(rowOf(x!.values, length, row)));
    return (_, index) => rows(Math.floor(index / length))[index % length];
  };

const normalise: Rule = (op) => {
  const x = inputOf(op, 'x');
  const length = x.shape.at(-1)!;
  const [scale, offset] = ['scale', 'offset'].map((name) => rowOf(inputOf(op, name).values, length, 0));
  const rows = byRow((row) =>
    layerNorm(
      Array.from(x.values.subarray(row * length, (row + 1) * length)),
      scale!,
      offset!,
      op.attrs.epsilon as number,
    ),
  );
  return (output, index) =>
    output === 0 ? rows(Math.floor(index / length)).outputs[index % length] : rows(index).variance;
};

const normaliseByRoot: Rule = (op) => {
  const x = inputOf(op, 'x');
  const length = x.shape.at(-1)!;
  const shift = given(op.attrs.offset as number);
  const factors = rowOf(inputOf(op, 'scale').values, length, 0).map((scale) => add(scale, shift));
  const rows = byRow((row) => rmsNorm(rowOf(x.values, length, row), factors, op.attrs.epsilon as number));
  return (output, index) =>
    output === 0 ? rows(Math.floor(index / length)).outputs[index % length] : rows(index).variance;
};

/** Numbers i and i + pairs of a head turn by the angle of their row; what lies beyond all pairs is moved. */
const turn: Rule = (op) => {
  const [x, cos, sin] = [inputOf(op, 'x'), inputOf(op, 'cos'), inputOf(op, 'sin')];
  const [, heads, queries, width] = x.shape as [number, number, number, number];
  const pairs = cos.shape.at(-1)!;
  return (_, index) => {
    const place = index % width;
    if (place >= 2 * pairs) return given(x.values[index]!);
    const row = Math.floor(index / width);
    const line = Math.floor(row / (heads * queries)) * queries + (row % queries);
    const second = place >= pairs;
    const angle = line * pairs + (second ? place - pairs : place);
    const across = multiply(
      given(x.values[second ? index - pairs : index + pairs]!),
      given(sin.values[angle]!),
    );
    const along = multiply(given(x.values[index]!), given(cos.values[angle]!));
    return second === (op.attrs.back === true) ? subtract(along, across) : add(along, across);
  };
};

const entropy: Rule = (op) => {
  const logits = inputOf(op, 'logits');
  const labels = inputOf(op, 'labels');
  const length = logits.shape.at(-1)!;
  return (_, row) => crossEntropy(rowOf(logits.values, length, row), labels.values[row]!);
};

const segments: Rule = ({ inputs: [x, ids] }) => {
  if (ids!.shape.length !== 1) return undefined;
  const width = sizeOf(x!.shape) / ids!.shape[0]!;
  return (_, index) => {
    const [segment, column] = [Math.floor(index / width), index % width];
    const terms: Span[] = [];
    ids!.values.forEach((id, row) => {
      if (id === segment) terms.push(given(x!.values[row * width + column]!));
    });
    return sum(terms);
  };
};

/** Scores inside of a fused attention that may overflow excuse anything; of others nothing is known here. */
const fusedAttention: Rule = (op) => {
  const largest = (name: string) => {
    let most = 0;
    for (const value of inputOf(op, name).values) most = Math.max(most, Math.abs(value));
    return most;
  };
  const [q, k, v] = ['q', 'k', 'v'].map(largest) as [number, number, number];
  const keys = inputOf(op, 'k').shape.at(-2)!;
  const dout = op.inputs.some(({ name }) => name === 'dout') ? largest('dout') : 1;
  const width = inputOf(op, 'q').shape.at(-1)!;
  const inside = Math.max(width * q * k, 2 * width * v * dout * Math.max(1, q, k) * keys);
  return inside * 1.01 >= 3.4028234663852886e38 ? () => anything : undefined;
};

/** The norm of all elements times a factor: scaled before it is squared, so that it overflows only where it is beyond float32 itself. */
const norm: Rule = ({ attrs, inputs: [x] }) => {
  let largest = 0;
  for (const value of x!.values) {
    // NaN and infinities have rules of their own in the kernel.
    if (!Number.isFinite(value)) return undefined;
    largest = Math.max(largest, Math.abs(value));
  }
  let total = 0;
  for (const value of x!.values) total += (value / (largest || 1)) ** 2;
  const factor = attrs.factor as number;
  const exact = largest * Math.sqrt(total) * factor;
  // Some or all subnormals are left out: they are flushed, or cannot be divided by.
  const left = Math.sqrt(x!.values.length) * 2 ** -126 * Math.max(1, factor);
  const span = rounded(exact, exact, false, x!.values.length / 2 + 8);
  return () => ({ ...span, low: Math.max(0, span.low - left), high: span.high + left });
};

/** Where subnormals are flushed another element may be the largest. */
const argmax: Rule = ({ inputs: [x] }) => {
  const length = x!.shape.at(-1) ?? 1;
  return (_, row) => {
    const spans = rowOf(x!.values, length, row);
    const { low, high, nan } = greatest(spans);
    const unanswerable = nan || !(low <= high) || high === Number.POSITIVE_INFINITY || low === -high;
    const places = spans.flatMap((span, i) => (span.high >= low ? [i] : []));
    return unanswerable ? [-1, ...places] : places;
  };
};

function* squaresOf({ inputs: [x] }: Op): Generator<Span> {
  for (const value of x!.values) yield square(given(value));
}

export const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.entries(functions).map(([kernel, of]) => [kernel, unary(of)])),
  Add: binary(add),
  AddV2: binary(add),
  Sub: binary(subtract),
  Multiply: binary(multiply),
  RealDiv: binary(divide),
  SquaredDifference: binary((a, b) => square(subtract(a, b))),
  Maximum: binary((a, b) => greatest([a, b])),
  Minimum: binary((a, b) => least([a, b])),
  Sum: reduction(sum),
  Mean: reduction((terms) => divide(sum(terms), given(terms.length))),
  Max: reduction(greatest),
  Min: reduction(least),
  EuclideanNorm: norm,
  SumOfSquares: (op) => () => sum(squaresOf(op)),
  BatchMatMul: product,
  _FusedMatMul: product,
  Linear: product,
  Softmax: alongRows(softmax),
  LogSoftmax: alongRows(logSoftmax),
  SparseCrossEntropy: entropy,
  LayerNorm: normalise,
  RmsNorm: normaliseByRoot,
  Rotary: turn,
  UnsortedSegmentSum: segments,
  AdamWStep: (op) => (output, index) => adamWStep(op, index)[output],
  RowArgmax: argmax,
  FusedAttention: fusedAttention,
  FusedAttentionGrad: fusedAttention,
};
