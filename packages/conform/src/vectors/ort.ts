/**
 * The layout of `ort-attention`: literals of onnxruntime's contrib operator Attention in one cases.json. Its input is
 * projected to q, k and v here, in float64; what is masked gets -10000: added where a key is padding, put in the
 * score's place where it lies in the future. So no row is empty, and no number is infinite.
 */
import { join } from 'node:path';
import { policyFrom, referenceAttention } from '@nanscope/attention';
import { type AttentionProblem, type Comparison, type ConformCase, outputOnly } from '../case.ts';
import { largest, relativeError } from '../judge/compare.ts';
import { spoiledControls, unmaskedControl } from '../judge/verdict.ts';
import { badVectors, isObject, type Json, textOf } from './json-file.ts';

const MASK_FILTER_VALUE = -10_000;

const policy = {
  ...policyFrom({ preset: 'jax' }),
  name: 'ort-attention',
  fill: { how: 'select', value: MASK_FILTER_VALUE },
} as const;

/** The error of literals for which the file states none: four decimals. */
const LITERAL = 5e-5;
const FLOOR = 8 * 2 ** -24;

export const ortId = (name: string) => `ort:${name}`;

export const isOrtFile = (content: unknown): content is Json =>
  isObject(content) &&
  ('weight' in content ||
    (Array.isArray(content.cases) &&
      content.cases.some((entry) => isObject(entry) && 'key_mask_1_keep' in entry)));

/** A nested list as a flat one. @throws UserError unless it holds `size` numbers. */
function flat(where: string, name: string, value: unknown, size: number): number[] {
  const numbers = Array.isArray(value) ? (value.flat(Number.POSITIVE_INFINITY) as unknown[]) : [];
  const wrong = numbers.find((item) => typeof item !== 'number' && typeof item !== 'boolean');
  if (numbers.length !== size || wrong !== undefined)
    throw badVectors(
      where,
      `"${name}" to be ${size} numbers`,
      wrong === undefined ? `${numbers.length}` : JSON.stringify(wrong),
    );
  return numbers.map(Number);
}

function sizeOf(where: string, entry: Json, key: string): number {
  const value = entry[key];
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw badVectors(where, `"${key}" to be a whole number above 0`, JSON.stringify(value) ?? 'nothing');
}

/** @throws UserError */
export function readOrtCase(folder: string, content: Json, entry: Json): ConformCase {
  const file = join(folder, 'cases.json');
  const name = textOf(file, entry, 'name');
  const where = `${file}, ${name}`;
  const [B, T] = [sizeOf(where, entry, 'batch'), sizeOf(where, entry, 'seq')];
  const [hidden, H] = [sizeOf(where, entry, 'hidden'), sizeOf(where, entry, 'num_heads')];
  if (hidden % H !== 0)
    throw badVectors(where, '"hidden" to be a multiple of "num_heads"', `${hidden}, ${H}`);
  if (typeof (entry.is_causal ?? false) !== 'boolean')
    throw badVectors(where, '"is_causal" to be true or false', JSON.stringify(entry.is_causal));
  const x = flat(where, 'input', entry.input, B * T * hidden);
  const weight = flat(where, 'weight', entry.weight ?? content.weight, hidden * 3 * hidden);
  const bias = flat(where, 'bias', entry.bias ?? content.bias, 3 * hidden);
  const keep = flat(where, 'key_mask_1_keep', entry.key_mask_1_keep, B * T * T);
  const D = hidden / H;
  const projected = (part: number) => project({ x, weight, bias, B, T, H, D }, part);
  const problem: AttentionProblem = {
    ...{ B, H, Hkv: H, T, S: T, D, Dv: D, policy },
    ...{ q: projected(0), k: projected(1), v: projected(2) },
    mask: {
      ...(entry.is_causal === true && { causal: true }),
      explicit: {
        values: keep.map((kept) => (kept ? 0 : MASK_FILTER_VALUE)),
        shape: [B, 1, T, T],
        dtype: 'float32',
      },
    },
  };
  const merged = flat(where, 'expected', entry.expected, B * T * hidden);
  const expected = Float64Array.from(merged, (_, i) => merged[mergedPlace(i, H, T, D)]!);
  const stated = entry['numpy_f32_filter_-10000_max_abs_diff'];
  return ortCase(ortId(name), problem, expected, typeof stated === 'number' ? stated : LITERAL);
}

/** Where element i of `[B, H, T, D]` stands in `[B, T, H * D]`. */
function mergedPlace(i: number, H: number, T: number, D: number): number {
  const [b, h, t, d] = [
    Math.floor(i / (H * T * D)),
    Math.floor(i / (T * D)) % H,
    Math.floor(i / D) % T,
    i % D,
  ];
  return ((b * T + t) * H + h) * D + d;
}

interface Projection {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly bias: readonly number[];
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly D: number;
}

/** q, k or v (0, 1, 2) as `[B, H, T, D]`. */
function project({ x, weight, bias, B, T, H, D }: Projection, part: number): Float32Array {
  const hidden = H * D;
  return Float32Array.from({ length: B * T * hidden }, (_, i) => {
    const place = mergedPlace(i, H, T, D);
    const column = part * hidden + (place % hidden);
    const row = Math.floor(place / hidden);
    let sum = bias[column]!;
    for (let n = 0; n < hidden; n++) sum += x[row * hidden + n]! * weight[n * 3 * hidden + column]!;
    return sum;
  });
}

function ortCase(id: string, problem: AttentionProblem, expected: Float64Array, stated: number): ConformCase {
  return {
    id,
    accuracy:
      'NaN nowhere, at most twice the error of plain float32 beside the error of the literals, or 8 ulp of the largest number',
    runs: [{ problem, wanted: outputOnly }],
    judge([actual]) {
      const oracle = referenceAttention(problem).out;
      const plain = relativeError(referenceAttention(problem, 'float32').out, oracle) * largest(oracle);
      const allowed = Math.max(2 * plain + stated, FLOOR * largest(expected));
      const comparisons: Comparison[] = [{ name: 'out', actual: actual!.out, expected, allowed }];
      return {
        comparisons,
        controls: [...spoiledControls(comparisons), ...unmaskedControl(problem, actual!, expected, allowed)],
      };
    },
  };
}
