/** PyTorch's attention under test: each case as a call that its lane makes, and the verdict of what came out, by the formula in float64. */
import {
  referenceBackward as backward,
  type ReferenceProblem,
  referenceForward,
  roundNumberTo,
  safePolicy,
} from '@nanscope/attention';
import { numbers } from '../case.ts';
import { greatestError, largest, type Measured, measure } from '../judge/compare.ts';
import { type CaseResult, withoutNumbers } from '../judge/verdict.ts';
import { type TorchAttention, torchAttention } from './cases.ts';

/** Row-major in the order of its shape, whatever its memory looks like over there. */
export interface TorchTensor {
  readonly shape: readonly number[];
  /** As PyTorch calls it. */
  readonly type: string;
  readonly values: Float32Array | Float64Array | Uint8Array;
  /** The second and third dimension are swapped in memory. */
  readonly transposed?: true;
}

/** A function of torch or torch.nn.functional, and what is given to it by name (`lanes/torch/PROTOCOL.md`). */
export interface TorchCall {
  readonly id: string;
  readonly function: string;
  readonly arguments: Readonly<Record<string, TorchTensor | number | boolean>>;
  /** The backend of attention, as PyTorch calls it, where one is forced. */
  readonly backend?: string;
  /** Arguments by which the sum of what it gives is differentiated. */
  readonly gradients?: readonly string[];
}

interface TorchNumbers {
  readonly values: ArrayLike<number>;
}

/** What a lane says of a call. */
export interface TorchAnswer {
  readonly id: string;
  readonly answer?: TorchNumbers;
  readonly gradients?: readonly TorchNumbers[];
  /** Why this PyTorch does not do it. */
  readonly refused?: string;
  /** What went wrong while it ran: memory that ran out, an error of the device. */
  readonly failed?: string;
}

export interface TorchCase {
  readonly id: string;
  readonly call: TorchCall;
  judge(given: TorchAnswer): CaseResult;
}

const forced = {
  cpu: { flash: 'FLASH_ATTENTION', math: 'MATH' },
  cuda: {
    flash: 'FLASH_ATTENTION',
    math: 'MATH',
    efficient: 'EFFICIENT_ATTENTION',
    cudnn: 'CUDNN_ATTENTION',
  },
  // Forcing does nothing there: the math entry picks Metal's kernels itself.
  mps: {},
} as const;

/** Distance from 1 to the next number. */
const STEP = { float32: 2 ** -23, float16: 2 ** -10, bfloat16: 2 ** -7 };

/** As wide as a normal distribution. */
const RANGE = 2 * Math.sqrt(3);

/** What goes in, as plain arrays. */
function inputsOf({ q, kv = q, valueSize = kv[3], dtype, poison }: TorchAttention) {
  const short = dtype === 'float16' ? 'f16' : dtype === 'bfloat16' ? 'bf16' : undefined;
  const made = (seed: number, shape: readonly number[]) => {
    const size = shape.reduce((product, each) => product * each, 1);
    const values = numbers(seed, size, RANGE);
    return { shape, values: short ? values.map((each) => roundNumberTo(each, short)) : values };
  };
  const given = { query: made(7, q), key: made(8, kv), value: made(9, [kv[0], kv[1], kv[2], valueSize]) };
  if (poison) given.query.values[0] = Number.NaN;
  return given;
}

/** The mask of some queries. @param causal whether the order is a part of it, not only what is given as a mask */
function maskOf(
  { q: [, , T], kv, mask }: TorchAttention,
  queries: readonly number[],
  causal: boolean,
): NonNullable<NonNullable<ReferenceProblem['mask']>['explicit']> {
  const S = kv?.[2] ?? T;
  const { rows = 1, dtype = 'bool' } = mask ?? {};
  const hidden = dtype === 'bool' ? 0 : Number.NEGATIVE_INFINITY;
  const cell = (row: number, t: number, s: number) =>
    causal && s > t ? hidden : (mask?.cell({ row, t, s }, T, S) ?? 1);
  const keys = Array.from({ length: S }, (_, s) => s);
  const values = Array.from({ length: rows }, (_, row) =>
    queries.flatMap((t) => keys.map((s) => cell(row, t, s))),
  );
  return { values: values.flat(), shape: [rows, 1, queries.length, S], dtype };
}

const everyQuery = ({ q: [, , T] }: TorchAttention) => Array.from({ length: T }, (_, t) => t);

/** The judged queries of a tensor [B,H,T,D]; some are left out only where there is one row and one head. */
function judgedOf(values: ArrayLike<number>, T: number, queries: readonly number[]): Float64Array {
  const all = Float64Array.from(values);
  if (queries.length === T) return all;
  const width = all.length / T;
  return Float64Array.from(queries.flatMap((t) => Array.from(all.subarray(t * width, (t + 1) * width))));
}

/** @param masked without it, what the answer would be if nothing was masked */
function problemOf(given: TorchAttention, queries: readonly number[], masked: boolean): ReferenceProblem {
  const { q, kv = q, valueSize = kv[3] } = given;
  const { query, key, value } = inputsOf(given);
  const { mask, causal = false } = given;
  const explicit = masked && (mask || causal) ? maskOf(given, queries, causal) : undefined;
  return {
    ...{ B: q[0], H: q[1], Hkv: kv[1], T: queries.length, S: kv[2], D: q[3], Dv: valueSize },
    ...{ q: judgedOf(query.values, q[2], queries), k: key.values, v: value.values },
    policy: { ...safePolicy, clearMasked: false },
    ...(explicit && { mask: { explicit } }),
  };
}

/** Six digits, as Python prints them: `nan`, `inf`, `0.25`. */
export const torchNumber = (value: number): string =>
  String(Number(value.toPrecision(6)))
    .replace('NaN', 'nan')
    .replace('Infinity', 'inf');

/** A tensor [B, heads, places, width] that is judged. */
interface Part {
  readonly name: 'out' | 'dq' | 'dk' | 'dv';
  readonly expected: Float64Array;
  readonly allowed: number;
  readonly heads: number;
  readonly width: number;
  readonly place: 'query' | 'key';
}

/** The place that is furthest off, in words. @param places which queries or keys they are */
function failureOf(
  actual: ArrayLike<number>,
  { expected, heads, width, place }: Part,
  places: readonly number[],
) {
  const apart = Array.from(expected, (value, i) => {
    if (Object.is(value, actual[i])) return 0;
    const distance = Math.abs(value - actual[i]!);
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
  });
  const at = apart.indexOf(apart.reduce((a, b) => Math.max(a, b), 0));
  const row = Math.floor(at / width);
  const head = Math.floor(row / places.length);
  const where = `row ${Math.floor(head / heads)}, head ${head % heads}, ${place} ${places[row % places.length]}, channel ${at % width}`;
  return `expected ${torchNumber(expected[at]!)} at ${where}, found ${torchNumber(actual[at]!)}`;
}

/** Steps of the largest gradient: a gradient is a difference of numbers of that size. */
const GRADIENT_STEPS = 4;

/** What is right, and how far from it an answer may lie; the same whatever backend is under test. */
function truthOf(given: TorchAttention) {
  const { mask, causal, gradients, dtype = 'float32' } = given;
  const queries = given.judged ?? everyQuery(given);
  const problem = problemOf(given, queries, true);
  const { H, Hkv, D, Dv } = problem;
  const exact = referenceForward(problem);
  const plain = referenceForward(problem, 'float32');
  // Half inputs are multiplied in half: their products and the weights are rounded once each.
  const step = STEP[dtype] * (largest(exact.out) || 1);
  const allowed = 2 * Math.max(greatestError(plain.out, exact.out), step);
  const parts: Part[] = [{ name: 'out', expected: exact.out, allowed, heads: H, width: Dv, place: 'query' }];
  if (gradients) {
    const [right, single] = [backward(problem, exact), backward(problem, plain, 'float32')];
    const most = Math.max(...Object.values(right).map((each: Float64Array) => largest(each)));
    const part = (name: 'dq' | 'dk' | 'dv', heads: number, width: number): Part => ({
      ...{ name, expected: right[name], heads, width, place: name === 'dq' ? 'query' : 'key' },
      allowed: Math.max(2 * greatestError(single[name], right[name]), GRADIENT_STEPS * STEP[dtype] * most),
    });
    parts.push(part('dq', H, D), part('dk', Hkv, D), part('dv', Hkv, Dv));
  }
  // The case means nothing if the answer without its mask or causal order would pass as well.
  const open = mask || causal ? problemOf(given, queries, false) : undefined;
  const unmasked = open && referenceForward(open);
  const wrong = unmasked && { ...unmasked, ...(gradients && backward(open, unmasked)) };
  const refuted =
    wrong &&
    parts.every(({ name, ...part }) => !measure({ name, ...part, actual: wrong[name as 'out'] }).passed);
  return { queries, parts, refuted };
}

function judgeOf(given: TorchAttention, { queries, parts, refuted }: Truth) {
  const places = { query: queries, key: Array.from({ length: given.kv?.[2] ?? given.q[2] }, (_, s) => s) };
  return (numbers: readonly TorchNumbers[]): Omit<CaseResult, 'id' | 'accuracy'> => {
    const tensors = parts.map((part, at): Measured => {
      const values = numbers[at]?.values ?? [];
      const actual = part.name === 'out' ? judgedOf(values, given.q[2], queries) : values;
      const { name, expected, allowed } = part;
      const measured = measure({ name, actual, expected, allowed });
      if (measured.passed || actual.length !== expected.length) return measured;
      return { ...measured, failure: failureOf(actual, part, places[part.place]) };
    });
    const controls = refuted === undefined ? [] : [{ name: 'without the mask', refuted }];
    const failed = tensors.filter(({ passed }) => !passed);
    const reason = failed.map(({ name, failure }) => (name === 'out' ? failure : `${name}: ${failure}`));
    const share = (each: Measured) => each.required / each.allowed;
    const { required, allowed } = tensors.reduce((a, b) => (share(b) > share(a) ? b : a));
    return {
      status: failed.length === 0 && refuted !== false ? 'pass' : 'fail',
      ...(failed.length > 0 && { reason: reason.join('; ') }),
      ...{ required, allowed, tensors, controls },
    };
  };
}

type Truth = ReturnType<typeof truthOf>;

/** Every case with each backend of attention that can be forced. @param device as PyTorch names it: `cuda:0` */
export function torchCases(device: string): readonly TorchCase[] {
  const backends = Object.entries<string>(forced[device.split(':')[0] as keyof typeof forced]);
  return torchAttention.flatMap((given) => {
    const { name, known, why, control, gradients, dtype = 'float32' } = given;
    const ofGradients = gradients ? `; of gradients, ${GRADIENT_STEPS} steps of the largest` : '';
    const accuracy = `at most twice the error of the formula in float32, or two steps of ${dtype}${ofGradients}`;
    const told = { ...(known && { known }), why };
    const call = {
      ...{ function: 'scaled_dot_product_attention', arguments: argumentsOf(given) },
      ...(gradients && { gradients: ['query', 'key', 'value'] }),
    };
    let truth: Truth | undefined;
    return [['own', undefined] as const, ...backends].map(([word, backend]): TorchCase => {
      const id = `torch:${name};backend=${word}`;
      return {
        id,
        call: { id, ...call, ...(backend !== undefined && { backend }) },
        judge({ answer, gradients: slopes = [], refused, failed = 'it gave no answer' }) {
          if (!answer) {
            const status = refused === undefined || (control && word === 'own') ? 'fail' : 'refused';
            return { ...withoutNumbers({ id, accuracy }, status, refused ?? failed), ...told };
          }
          truth ??= truthOf(given);
          return { id, accuracy, ...judgeOf(given, truth)([answer, ...slopes]), ...told };
        },
      };
    });
  });
}

function argumentsOf(given: TorchAttention): TorchCall['arguments'] {
  const { mask, causal, transposed, grouped, dtype = 'float32' } = given;
  const inputs = Object.entries(inputsOf(given)).map(([name, { shape, values }]) => [
    name,
    { shape, type: dtype, values, ...(transposed && { transposed }) },
  ]);
  const explicit = mask && maskOf(given, everyQuery(given), false);
  return {
    ...(Object.fromEntries(inputs) as Record<string, TorchTensor>),
    ...(explicit && {
      attn_mask: {
        ...{ shape: explicit.shape, type: explicit.dtype },
        values: (mask.dtype === 'bool' ? Uint8Array : Float32Array).from(explicit.values as number[]),
      },
    }),
    ...(causal && { is_causal: true }),
    ...(grouped && { enable_gqa: true }),
  };
}
