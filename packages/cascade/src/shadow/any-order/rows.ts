/** Kernels that work on rows of the last axis: softmax and its kin, the cross entropy, LayerNorm, and the AdamW update beside them. */
import type { CapturedOp } from '../../capture/attrs.ts';
import { exp, log, squareRoot } from './functions.ts';
import {
  add,
  anything,
  divide,
  either,
  given,
  greatest,
  multiply,
  rounded,
  type Span,
  square,
  subtract,
  sum,
} from './span.ts';

export type Op = Pick<CapturedOp, 'kernel' | 'attrs' | 'inputs'>;

export const inputOf = ({ inputs }: Op, name: string) => inputs.find((input) => input.name === name)!;

/** A number of the program, as float32 has it or wider. */
const constant = (value: number): Span => rounded(value, value, false);

export function rowOf(values: ArrayLike<number>, length: number, row: number): Span[] {
  return Array.from({ length }, (_, i) => given(values[row * length + i]!));
}

interface Exponentials {
  readonly differences: readonly Span[];
  readonly exponentials: readonly Span[];
  readonly total: Span;
  readonly maximum: Span;
}

function exponentialsOf(logits: readonly Span[]): Exponentials {
  const maximum = greatest(logits);
  const differences = logits.map((logit) => subtract(logit, maximum));
  const exponentials = differences.map(exp);
  return { differences, exponentials, total: sum(exponentials), maximum };
}

export function softmax(logits: readonly Span[]): Span[] {
  const { exponentials, total } = exponentialsOf(logits);
  return exponentials.map((each) => divide(each, total));
}

export function logSoftmax(logits: readonly Span[]): Span[] {
  const { differences, total } = exponentialsOf(logits);
  return differences.map((each) => subtract(each, log(total)));
}

export function crossEntropy(logits: readonly Span[], label: number): Span {
  if (label < 0) return given(0);
  const { total, maximum } = exponentialsOf(logits);
  return add(log(total), subtract(maximum, logits[label]!));
}

/**
 * x less its mean, centred twice as our kernels do it: the error of the first mean is in every element alike, so that the
 * second takes it away, and intervals, which forget that, would be far too wide.
 */
function centred(values: readonly number[]): Span[] {
  const length = values.length;
  const average = (of: (value: number) => number) =>
    values.reduce((total, value) => total + of(value) / length, 0);
  const unit = 2 ** -24;
  const summed = (length + 4) * unit;
  const flush = length * 2 ** -126;
  const mean = average((value) => value);
  const first = summed * average(Math.abs) + flush;
  const rest = average((value) => Math.abs(value - mean) + first);
  return values.map((value) => {
    const exact = value - mean;
    const error = 2 * unit * (Math.abs(exact) + first) + (summed + 2 * unit) * rest + flush;
    return rounded(exact - error, exact + error, false);
  });
}

export interface Normalised {
  /** (x - mean) / deviation * scale + offset */
  readonly outputs: readonly Span[];
  /** For RMSNorm: the mean of squares. */
  readonly variance: Span;
}

export function layerNorm(
  x: readonly number[],
  scale: readonly Span[],
  offset: readonly Span[],
  epsilon: number,
): Normalised {
  const differences = centred(x);
  // With an infinity in the row, or one that its sum or its differences come to, each mean may be NaN.
  const total = sum(x.map(given));
  if (![total, ...differences].every(({ low, high }) => Number.isFinite(low) && Number.isFinite(high)))
    return { outputs: x.map(() => anything), variance: anything };
  const variance = divide(sum(differences.map(square)), given(x.length));
  const inverse = divide(given(1), squareRoot(add(variance, constant(epsilon))));
  const outputs = differences.map((each, c) => {
    const first = multiply(multiply(each, inverse), scale[c]!);
    const second = multiply(each, multiply(inverse, scale[c]!));
    return add(either(first, second), offset[c]!);
  });
  return { variance, outputs };
}

/** Scaled by 1 / sqrt(C) before they are squared, as our kernels do, or after, where a square may overflow. */
function meanOfSquares(x: readonly Span[]): Span {
  const root = constant(1 / Math.sqrt(x.length));
  return either(
    sum(x.map((each) => square(multiply(each, root)))),
    divide(sum(x.map(square)), given(x.length)),
  );
}

/** x / sqrt(mean of squares + epsilon) * factor, in either order of the products. */
export function rmsNorm(x: readonly Span[], factors: readonly Span[], epsilon: number): Normalised {
  const variance = meanOfSquares(x);
  const inverse = divide(given(1), squareRoot(add(variance, constant(epsilon))));
  const outputs = x.map((each, c) =>
    either(multiply(multiply(each, inverse), factors[c]!), multiply(each, multiply(inverse, factors[c]!))),
  );
  return { variance, outputs };
}

/** Parameter, average and square after a step, for one element. */
export function adamWStep(op: Op, index: number): [Span, Span, Span] {
  const number = (name: string) => constant(op.attrs[name] as number);
  const at = (name: string) => given(inputOf(op, name).values[index]!);
  const slope = multiply(at('gradient'), given(inputOf(op, 'scale').values[0]!));
  const rest = (name: string) => constant(1 - (op.attrs[name] as number));
  const average = add(multiply(at('average'), number('beta1')), multiply(slope, rest('beta1')));
  // Scaled before it is squared, or after.
  const fresh = either(
    multiply(square(slope), rest('beta2')),
    multiply(multiply(slope, rest('beta2')), slope),
  );
  const second = add(multiply(at('square'), number('beta2')), fresh);
  const before = add(multiply(squareRoot(second), number('inverseRoot')), number('epsilon'));
  const after = multiply(
    add(squareRoot(second), divide(number('epsilon'), number('inverseRoot'))),
    number('inverseRoot'),
  );
  const change = either(
    divide(multiply(average, number('rate')), before),
    multiply(divide(average, after), number('rate')),
  );
  return [subtract(multiply(at('parameter'), number('keep')), change), average, second];
}

// Where the elements lie that an element of an output is made of: broadcasting, reduced axes, matrices. Row-major.

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** The element of an input of shape `from` that a broadcast to `to` puts at `index`. */
export function broadcastPlace(index: number, to: readonly number[], from: readonly number[]): number {
  if (from.length === to.length && from.every((length, axis) => length === to[axis])) return index;
  const strides = stridesOf(from);
  let rest = index;
  let place = 0;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const at = rest % to[axis]!;
    rest = Math.floor(rest / to[axis]!);
    const own = axis - (to.length - from.length);
    if (own >= 0 && from[own] !== 1) place += at * strides[own]!;
  }
  return place;
}

/** The places that a reduction over `axes` adds up, for the element `index` of what is left. */
export function reducedPlaces(index: number, shape: readonly number[], axes: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  let start = 0;
  let rest = index;
  for (const axis of kept.reverse()) {
    start += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return axes.reduce<number[]>(
    (places, axis) =>
      places.flatMap((place) => Array.from({ length: shape[axis]! }, (_, i) => place + i * strides[axis]!)),
    [start],
  );
}
