/** Functions of one element, as spans: what WGSL promises of their accuracy is the loosest there is, and is taken for all. */
import {
  add,
  anything,
  divide,
  either,
  given,
  greatest,
  growing,
  multiply,
  negative,
  onlyNaN,
  type Span,
  square,
} from './span.ts';

type Unary = (x: Span) => Span;

const onPositive = (of: Unary): Unary => {
  return (x) => {
    if (x.high < 0) return onlyNaN;
    const inside = of({ low: Math.max(0, x.low), high: x.high, nan: x.nan });
    return x.low < 0 ? { ...inside, nan: true } : inside;
  };
};

export const exp: Unary = (x) => {
  const grown = growing(Math.exp, x, (at) => 4 + 2 * Math.abs(at));
  return { ...grown, low: Math.max(0, grown.low) };
};

/** A device without subnormals answers for one as for zero, for the smallest normal, or anything between. */
export const log: Unary = onPositive((x) => {
  const high = x.low < 2 ** -126 ? Math.max(x.high, 2 ** -126) : x.high;
  return growing(Math.log, { ...x, high }, () => 4, 2 ** -21);
});

export const squareRoot: Unary = onPositive((x) => {
  const grown = growing(Math.sqrt, x, () => 4);
  return { ...grown, low: Math.max(0, grown.low) };
});

const reciprocalRoot: Unary = (x) => (x.low <= 0 && x.high >= 0 ? anything : divide(given(1), squareRoot(x)));

const sigmoid: Unary = (x) => {
  const grown = growing(
    (at) => 1 / (1 + Math.exp(-at)),
    x,
    (at) => 8 + 4 * Math.abs(at),
  );
  return { ...grown, low: Math.max(0, grown.low), high: Math.min(1 + 2 ** -20, grown.high) };
};

/** WGSL takes it from sinh and cosh, to 1e-5. */
const tanh: Unary = (x) => growing(Math.tanh, x, () => 8, 1e-5);

/** x times a sigmoid, which has a minimum: both factors at their ends hold it. */
const geluNew: Unary = (x) => {
  if (!Number.isFinite(x.low) || !Number.isFinite(x.high)) return anything;
  const doubled = (at: number) => 2 * Math.sqrt(2 / Math.PI) * (at + 0.044715 * at ** 3);
  const argument = growing(doubled, x, () => 8);
  const product = multiply(x, sigmoid(argument));
  // The shader of ours writes 0 below -10, where the function is below 1e-36.
  return { low: product.low - 1e-36, high: product.high + 1e-36, nan: x.nan };
};

/** Kernels of one input by name. */
export const functions: Readonly<Record<string, Unary>> = {
  Abs: (x) => greatest([x, negative(x)]),
  Neg: negative,
  Square: square,
  Sqrt: squareRoot,
  Rsqrt: reciprocalRoot,
  Reciprocal: (x) => divide(given(1), x),
  Exp: exp,
  Log: log,
  Log1p: (x) =>
    either(
      growing(Math.log1p, x, () => 8, 2 ** -20),
      log(add(x, given(1))),
    ),
  Sigmoid: sigmoid,
  Tanh: tanh,
  Relu: (x) => greatest([x, given(0)]),
  GeluNew: geluNew,
};
