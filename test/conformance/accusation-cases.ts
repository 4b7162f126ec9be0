/** Inputs that push float32 to its edges, for every kernel that a trace of a model can blame: seeded, the same on every backend. */
import type { AttrsJson, CapturedInput } from '@nanscope/cascade';

/** Numbers from 0 to 1, mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = (next: () => number, index: number) => number;

const sign = (next: () => number) => (next() < 0.5 ? -1 : 1);
const between = (low: number, high: number) => (next: () => number) => 10 ** (low + (high - low) * next());
const normal = (next: () => number) => 2 * (next() + next() + next() - 1.5);

/** How the elements of a float input are drawn. */
export const kinds: Readonly<Record<string, Draw>> = {
  plain: normal,
  large: (next) => sign(next) * between(18, 38)(next),
  cancelling: (next, index) =>
    (index % 2 === 0 ? 1 : -1) * (16777216 + Math.floor(8 * next())) + normal(next),
  subnormal: (next) => sign(next) * between(-45, -37)(next),
  'near overflow': (next) => sign(next) * 3.4e38 * next() ** 2,
  mixed: (next) => (next() < 0.1 ? 0 : sign(next) * between(-44, 38.53)(next)),
  'infinite and large': (next) =>
    next() < 0.1
      ? sign(next) * Number.POSITIVE_INFINITY
      : next() < 0.5
        ? normal(next)
        : sign(next) * 3.4e38 * next(),
};

type Role = 'float' | 'small' | 'positive' | 'scalar' | 'label' | 'index' | 'bool';

interface Form {
  readonly kernel: string;
  readonly attrs?: AttrsJson;
  /** Name, shape and role of each input. */
  readonly inputs: readonly (readonly [name: string, shape: readonly number[], role: Role])[];
}

const [N, C, V] = [4, 24, 11];
const x = ['x', [N, C], 'float'] as const;
const pair = [
  ['a', [N, C], 'float'],
  ['b', [N, C], 'float'],
] as const;
/** A row that is added to each of the others. */
const broadcast = [
  ['a', [N, C], 'float'],
  ['b', [C], 'float'],
] as const;
const scores = ['x', [1, 2, N, 6], 'float'] as const;

export const forms: readonly Form[] = [
  ...['Add', 'Sub', 'Multiply', 'RealDiv', 'Minimum', 'Maximum'].map((kernel) => ({ kernel, inputs: pair })),
  { kernel: 'Add', inputs: broadcast },
  ...['Square', 'Exp', 'Sigmoid', 'GeluNew', 'RoundToHalf', 'Identity'].map((kernel) => ({
    kernel,
    inputs: [x],
  })),
  ...['Sqrt', 'Rsqrt', 'Log'].map((kernel) => ({
    kernel,
    inputs: [['x', [N, C], 'positive'] as const],
  })),
  { kernel: 'Sum', attrs: { axis: [1], keepDims: false }, inputs: [x] },
  { kernel: 'Sum', attrs: { axis: [3], keepDims: true }, inputs: [scores] },
  { kernel: 'Sum', attrs: { axis: [0], keepDims: false }, inputs: [x] },
  { kernel: 'Mean', attrs: { axis: [1], keepDims: true }, inputs: [x] },
  { kernel: 'Max', attrs: { reductionIndices: [3], keepDims: true }, inputs: [scores] },
  { kernel: 'EuclideanNorm', attrs: { factor: 0.25 }, inputs: [x] },
  {
    kernel: 'BatchMatMul',
    attrs: { transposeA: false, transposeB: true },
    inputs: [
      ['a', [1, 2, N, 6], 'float'],
      ['b', [1, 2, 5, 6], 'float'],
    ],
  },
  {
    kernel: 'BatchMatMul',
    attrs: { transposeA: true, transposeB: false },
    inputs: [
      ['a', [1, 8, N], 'float'],
      ['b', [1, 8, 5], 'small'],
    ],
  },
  {
    kernel: 'Linear',
    inputs: [
      ['x', [N, C], 'float'],
      ['weight', [C, 5], 'small'],
      ['bias', [5], 'float'],
    ],
  },
  { kernel: 'Softmax', attrs: { dim: 3 }, inputs: [['logits', scores[1], 'float']] },
  { kernel: 'Softmax', attrs: { dim: 1 }, inputs: [['logits', [N, V], 'small']] },
  {
    kernel: 'SparseCrossEntropy',
    inputs: [
      ['logits', [N, V], 'float'],
      ['labels', [N], 'label'],
    ],
  },
  {
    kernel: 'LayerNorm',
    attrs: { epsilon: 1e-5 },
    inputs: [x, ['scale', [C], 'small'], ['offset', [C], 'small']],
  },
  ...[0, 1].map((offset) => ({
    kernel: 'RmsNorm',
    attrs: { epsilon: 1e-6, offset },
    inputs: [x, ['scale', [C], 'small']] as const,
  })),
  ...[false, true].map((back) => ({
    kernel: 'Rotary',
    attrs: { back },
    inputs: [
      ['x', [2, 2, 3, 9], 'float'],
      ['cos', [2, 1, 3, 3], 'small'],
      ['sin', [2, 1, 3, 3], 'small'],
    ] as const,
  })),
  {
    kernel: 'UnsortedSegmentSum',
    attrs: { numSegments: 3 },
    inputs: [x, ['segmentIds', [N], 'index']],
  },
  {
    kernel: 'GatherV2',
    attrs: { axis: 0, batchDims: 0 },
    inputs: [x, ['indices', [3], 'index']],
  },
  { kernel: 'Transpose', attrs: { perm: [1, 0] }, inputs: [x] },
  {
    kernel: 'SelectMasked',
    inputs: [scores, ['keep', [1, 1, N, 6], 'bool'], ['fill', [], 'scalar']],
  },
  { kernel: 'RowArgmax', inputs: [['x', [N, V], 'float']] },
  {
    kernel: 'AdamWStep',
    attrs: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, rate: 0.01, inverseRoot: 31.6, keep: 0.999 },
    inputs: [
      ['parameter', [N, C], 'small'],
      ['gradient', [N, C], 'float'],
      ['average', [N, C], 'small'],
      ['square', [N, C], 'positive'],
      ['scale', [], 'scalar'],
    ],
  },
];

export interface Case {
  readonly id: string;
  readonly kernel: string;
  readonly attrs: AttrsJson;
  readonly inputs: readonly CapturedInput[];
}

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

function draw(role: Role, kind: Draw, next: () => number, count: number): CapturedInput['values'] {
  const whole = (below: number) => Int32Array.from({ length: count }, () => Math.floor(next() * below));
  switch (role) {
    case 'float':
      return Float32Array.from({ length: count }, (_, i) => kind(next, i));
    case 'positive':
      return Float32Array.from({ length: count }, (_, i) => Math.abs(kind(next, i)));
    case 'small':
      return Float32Array.from({ length: count }, () => normal(next));
    case 'scalar':
      return Float32Array.of(0.25 + next());
    case 'label':
      return whole(V);
    case 'index':
      return whole(3);
    case 'bool':
      return Uint8Array.from({ length: count }, () => Number(next() < 0.7));
  }
}

const dtypes = { label: 'int32', index: 'int32', bool: 'bool' } as const;

/** One of a form with inputs of a kind. */
export function caseOf({ kernel, attrs = {}, inputs }: Form, kind: string, seed: number): Case {
  const next = random(seed);
  return {
    id: `${kernel} of ${kind} inputs, seed ${seed}`,
    kernel,
    attrs,
    inputs: inputs.map(([name, shape, role]) => ({
      name,
      shape,
      dtype: role in dtypes ? dtypes[role as keyof typeof dtypes] : 'float32',
      values: draw(role, kinds[kind]!, next, size(shape)),
      from: { external: name },
    })),
  };
}

/** Every form with every kind but the plain one. */
export function hostileCases(): Case[] {
  const hostile = Object.keys(kinds).filter((kind) => kind !== 'plain');
  return hostile.flatMap((kind, i) => forms.map((form, j) => caseOf(form, kind, i * forms.length + j + 1)));
}
