/** Results too large for the format: one rule a family of kernels, all by the same evidence. */
import { nonFinite } from '../../types.ts';
import { carriesInfinity, type Input, matrixProducts, pickers } from '../context.ts';
import { FLOAT32_MAX, floats, largest } from './infinities.ts';
import { fromFinite, listed, type MechanismName, type MechanismRule, outcome, type Scene } from './rule.ts';

// How large a value a kernel can compute from inputs of a known magnitude, by the triangle inequality. A kernel that
// is not in the table is not known, and nothing is said of it. This is what tells an overflow from a broken kernel.

type OverflowName = Extract<MechanismName, `${string}overflow`>;

interface Reach {
  readonly name: OverflowName;
  /** What a value inside of the kernel may come to; undefined when the inputs do not say. */
  of(magnitudes: readonly number[], scene: Scene): number | undefined;
  /** From this on a value is written as infinity. Default: beyond float32. */
  readonly limit?: number;
  /** Whether an overflow inside can end as NaN: partial sums of both signs, a division by an infinity. */
  readonly nan?: true;
}

/** Roundings on the way may carry a sum past the largest float32 that is just below it. */
const OVERFLOWS = FLOAT32_MAX * (1 - 2 ** -10);

const sizeOf = (input: Input | undefined) => input?.health?.size ?? 1;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);
const all = (names: readonly string[], reach: Reach) => names.map((name) => [name, reach] as const);

/** How many terms each element of a reduction adds up. */
const terms = ({ record, inputs }: Scene) => sizeOf(inputs[0]) / Math.max(1, record.health!.size);

/** The smallest magnitude of a divisor: known when all of it is positive. */
function smallest(divisor: Input | undefined): number | undefined {
  const min = divisor?.health?.min;
  return min !== undefined && min > 0 ? min : undefined;
}

const matrixProduct: Reach = {
  name: 'matmul overflow',
  nan: true,
  of([a = 0, b = 0, bias = 0], { inputs }) {
    const shape = inputs[0]!.record?.shape;
    // The contracted length is one of the last two, whichever way the product is transposed.
    const length = shape ? Math.max(...shape.slice(-2)) : sizeOf(inputs[0]);
    return length * a * b + bias;
  },
};

/** Kernels whose results are no larger than their inputs, or than 1. */
const bounded: Reach = { name: 'overflow', of: () => 0 };

const reaches: ReadonlyMap<string, Reach> = new Map<string, Reach>([
  ...all(['Exp', 'Expm1'], { name: 'exp overflow', of: ([x = 0]) => Math.exp(x) }),
  ...all(['Add', 'AddV2', 'Sub', 'AddN'], { name: 'sum overflow', of: sum }),
  ...all(['Sum', 'Mean'], { name: 'sum overflow', nan: true, of: ([x = 0], scene) => x * terms(scene) }),
  ...all(['Cumsum', 'UnsortedSegmentSum'], {
    name: 'sum overflow',
    nan: true,
    of: ([x = 0], { inputs }) => x * sizeOf(inputs[0]),
  }),
  // The norm of older run folders.
  ...all(['SumOfSquares'], {
    name: 'sum overflow',
    of: ([x = 0], { inputs }) => x * x * sizeOf(inputs[0]),
  }),
  ...all(['EuclideanNorm'], {
    name: 'sum overflow',
    of: ([x = 0], { inputs }) => x * Math.sqrt(sizeOf(inputs[0])),
  }),
  ...all(matrixProducts, matrixProduct),
  ...all(['Multiply'], { name: 'overflow', of: product }),
  ...all(['Square'], { name: 'overflow', of: ([x = 0]) => x * x }),
  ...all(['RealDiv'], {
    name: 'overflow',
    of([dividend = 0], { inputs }) {
      const least = smallest(inputs[1]);
      return least === undefined ? undefined : dividend / least;
    },
  }),
  ...all(['Reciprocal'], {
    name: 'overflow',
    of(_, { inputs }) {
      const least = smallest(inputs[0]);
      return least === undefined ? undefined : 1 / least;
    },
  }),
  ...all(['Pow'], { name: 'overflow', of: ([base = 0, exponent = 0]) => Math.max(1, base) ** exponent }),
  // Half an ulp beyond the largest float16, 65504, rounding goes to infinity.
  ...all(['RoundToHalf'], { name: 'cast overflow', limit: 65520, of: ([x = 0]) => x }),
  ...all(['RoundToBfloat16'], { name: 'cast overflow', limit: 3.3961775e38, of: ([x = 0]) => x }),
  ...all(['LayerNorm'], {
    name: 'overflow',
    nan: true,
    // The variance, at most the square of a difference from the mean, and the scaled result.
    of: ([x = 0, weight = 0, bias = 0], { inputs }) =>
      Math.max((2 * x) ** 2, Math.sqrt(sizeOf(inputs[1])) * weight + bias),
  }),
  ...all(['RmsNorm'], {
    name: 'overflow',
    // The mean of squares, and the scaled result, for a scale that may be stored less 1.
    of: ([x = 0, weight = 0], { inputs }) => Math.max(x * x, Math.sqrt(sizeOf(inputs[1])) * (weight + 1)),
  }),
  // Two products are added: a pair of numbers by a cosine and a sine.
  ...all(['Rotary'], { name: 'sum overflow', nan: true, of: ([x = 0, cos = 0, sin = 0]) => x * (cos + sin) }),
  ...all(['FusedAttention'], {
    name: 'matmul overflow',
    nan: true,
    // Scores, and values summed up. That it stays below says nothing: the policy may compute in float16.
    of([q = 0, k = 0, v = 0], { inputs }) {
      const [width = 1, keys = 1] = [inputs[0]?.record?.shape.at(-1), inputs[1]?.record?.shape.at(-2)];
      const reach = Math.max(width * q * k, keys * v);
      return reach >= OVERFLOWS ? reach : undefined;
    },
  }),
  ...all(['SparseCrossEntropy'], {
    name: 'overflow',
    nan: true,
    of: ([x = 0], { inputs }) => 2 * x + Math.log(sizeOf(inputs[0])),
  }),
  ...all(['AdamWStep'], {
    name: 'overflow',
    nan: true,
    // The squared gradient, and the update over the root of the least square; over the least epsilon there may be where that is 0.
    of([parameter = 0, gradient = 0, average = 0, square = 0, scale = 0], scene) {
      if (stepsLike(scene) > 1) return Number.POSITIVE_INFINITY;
      const { inputs } = scene;
      const step = gradient * scale;
      const least = smallest(inputs.find(({ name }) => name === 'square'));
      const root = least === undefined ? 2 ** -126 : Math.sqrt(least) / 2;
      return Math.max(parameter + (average + step) / root, square + step * step);
    },
  }),
  ...all(
    [
      ...['Abs', 'Cast', 'ClipByValue', 'Elu', 'Erf', 'GeluNew', 'Log', 'Log1p', 'LogSoftmax', 'Max'],
      ...[
        'Maximum',
        'Min',
        'Minimum',
        'Neg',
        'NormalCdf',
        'OneHot',
        'PadV2',
        'Relu',
        'Relu6',
        'Rsqrt',
        'ScatterNd',
      ],
      ...['Select', 'SelectMasked', 'Sigmoid', 'Sign', 'Softmax', 'Softplus', 'Sqrt', 'Tanh', 'ZerosLike'],
      ...pickers,
    ],
    bounded,
  ),
]);

/**
 * AdamW steps of one trace that are not finite in the same output. The learning rate is in no trace: one that is too large makes most
 * steps so, a kernel at fault one of them.
 */
const stepsLike = ({ trace, record }: Scene): number =>
  trace.records.filter(
    ({ kernel, output, health }) =>
      kernel === 'AdamWStep' && output === record.output && nonFinite(health) > 0,
  ).length;

interface Reached {
  readonly name: OverflowName;
  readonly limit: number;
  readonly nan: boolean;
  /** The largest magnitudes of the inputs, in their order; absent when they were not measured. */
  readonly magnitudes?: readonly number[];
  /** What the kernel can come to; absent when that cannot be said. */
  readonly reach?: number;
}

/** Undefined for a kernel that is not known. */
export function reachOf(scene: Scene): Reached | undefined {
  const known = reaches.get(scene.record.kernel);
  if (!known) return undefined;
  const { name, limit = OVERFLOWS, nan = false } = known;
  const magnitudes: number[] = [];
  for (const input of floats(scene.inputs)) {
    const magnitude = largest(input);
    // What cannot grow needs no measure.
    if (magnitude === undefined)
      return known === bounded ? { name, limit, nan, reach: 0 } : { name, limit, nan };
    magnitudes.push(magnitude);
  }
  const reach = known.of(magnitudes, scene);
  return { name, limit, nan, magnitudes, ...(reach !== undefined && { reach }) };
}

/** Whether a value inside of the kernel may overflow, as far as its inputs were measured. */
export function mayOverflow(scene: Scene): boolean {
  const reached = reachOf(scene);
  if (!reached) return false;
  return reached.reach === undefined || reached.reach >= reached.limit;
}

/** Infinities that are in already (the mask's -inf) are no obstacle when they cannot have become what came out. */
function inputsExplainIt(scene: Scene): boolean {
  if (fromFinite(scene)) return false;
  const { record, inputs, given } = scene;
  return given.nan > 0 || record.health!.nan > 0 || carriesInfinity(record, inputs);
}

/** Whether the result is what an overflow of this kernel leaves, and the magnitudes allow one. */
function overflows({ record }: Scene, { reach, limit, nan, magnitudes }: Reached): boolean {
  const { nan: nans, posInf, negInf } = record.health!;
  // Where nothing was measured an infinity is the evidence; a NaN would be none.
  if (magnitudes === undefined) return reach === undefined && posInf + negInf > 0;
  if (reach === undefined || !(reach >= limit)) return false;
  return posInf + negInf > 0 || (nan && nans > 0);
}

/** What the sizes do not say: the second result of a norm, where squares overflow although the first stays finite; a rate. */
function where(scene: Scene): string {
  const { kernel, output } = scene.record;
  if (kernel === 'AdamWStep' && stepsLike(scene) > 1)
    return `, as ${stepsLike(scene)} such steps did: what they have in common is the learning rate`;
  if (output !== 1) return '';
  if (kernel === 'LayerNorm') return ' in its variance: what it gives there is finite and wrong';
  return kernel === 'RmsNorm' ? ' in its mean of squares: what it gives there is 0' : '';
}

function rule(name: Reached['name'], shows: string): MechanismRule {
  return {
    name,
    shows: `an infinity out of finite inputs, or the NaN of two that met inside, and magnitudes, where measured, that allow it: ${shows}`,
    find(scene) {
      if (inputsExplainIt(scene)) return undefined;
      const reached = reachOf(scene);
      if (!reached || reached.name !== name || !overflows(scene, reached)) return undefined;
      const { magnitudes } = reached;
      const size =
        magnitudes === undefined
          ? ' (magnitudes were not measured)'
          : ` (largest magnitude in: ${Number(Math.max(0, ...magnitudes).toPrecision(6))})`;
      return `${scene.record.kernel} of ${listed(scene.inputs) || 'arguments'}${size} gave ${outcome(scene)}${where(scene)}`;
    },
  };
}

export const expOverflow = rule('exp overflow', 'Exp of more than 88.7');
export const sumOverflow = rule('sum overflow', 'Add, Sub, Sum, Mean, UnsortedSegmentSum, EuclideanNorm');
export const matmulOverflow = rule('matmul overflow', 'BatchMatMul, _FusedMatMul, Linear, FusedAttention');
export const castOverflow = rule(
  'cast overflow',
  'RoundToHalf of 65520 or more, RoundToBfloat16 of 3.396e38 or more',
);
export const otherOverflow = rule(
  'overflow',
  'Multiply, Square, RealDiv, LayerNorm and the other kernels that can',
);
