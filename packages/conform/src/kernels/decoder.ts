/**
 * What decoders beside GPT-2 are made of, at sizes that cost digits or leave float32: RMSNorm, y = x / sqrt(mean(x^2) + epsilon)
 * (offset + scale), with its mean of squares; rotary positions, pairs of a head turned by an angle; and the gated MLP's product,
 * gate / (1 + exp(-gate)) up. Each with the gradients of its inputs.
 */
import { numbers } from '../case.ts';
import { largest } from '../judge/compare.ts';
import { type Formula, floats, type KernelCase, kernelCase } from './case.ts';
import { type Element, rowElements, rowsOf } from './rows.ts';

/** dx = (g - xhat average(g xhat)) / root, with g = dy (offset + scale). */
const rmsNorm: Formula = ({ inputs, attrs, upstream }, r) => {
  const width = inputs.scale!.shape[0]!;
  const factors = Array.from(inputs.scale!.values, (v) => r(v + attrs.offset!));
  const dys = rowsOf(upstream!.values, width);
  const results = rowsOf(inputs.x!.values, width).map((x, n) => {
    const root = r(1 / Math.sqrt(width));
    // Kept in float32: where it does not fit, the row is 0.
    const meanSquare = Math.fround(x.reduce((sum, v) => r(sum + r(r(v * root) ** 2)), 0));
    const inverse = r(1 / r(Math.sqrt(r(meanSquare + attrs.epsilon!))));
    const xhat = x.map((v) => r(v * inverse));
    const g = dys[n]!.map((v, c) => r(v * factors[c]!));
    const share = g.reduce((sum, v, c) => r(sum + r(r(v * xhat[c]!) / width)), 0);
    return {
      meanSquare,
      y: xhat.map((v, c) => r(v * factors[c]!)),
      dx: g.map((v, c) => r(r(v - r(xhat[c]! * share)) * inverse)),
      dscale: xhat.map((v, c) => r(v * dys[n]![c]!)),
      terms: Math.max(...g.map(Math.abs)) * inverse,
    };
  });
  return {
    y: { values: results.flatMap(({ y }) => y) },
    meanSquare: { values: results.map(({ meanSquare }) => meanSquare) },
    dx: { values: results.flatMap(({ dx }) => dx), terms: largest(results.map(({ terms }) => terms)) },
    dscale: {
      values: Array.from({ length: width }, (_, c) =>
        results.reduce((sum, { dscale }) => r(sum + dscale[c]!), 0),
      ),
    },
  };
};

interface NormShape {
  readonly rows?: number;
  readonly width?: number;
  readonly epsilon?: number;
  readonly offset?: 0 | 1;
}

function normCase(
  name: string,
  element: Element,
  { rows = 3, width = 64, epsilon = 1e-6, offset = 0 }: NormShape = {},
): KernelCase {
  const x = Array.from({ length: rows * width }, (_, i) => element(i % width, Math.floor(i / width)));
  const inputs = { x: floats(x, rows, width), scale: floats(numbers(32, width, 3)) };
  const upstream = floats(numbers(33, rows * width, 2), rows, width);
  return kernelCase(name, { kernel: 'RmsNorm', inputs, attrs: { epsilon, offset }, upstream }, rmsNorm);
}

const { ordinary, inRowOne } = rowElements(31);

const rmsNormCases: readonly KernelCase[] = [
  ...[1, 2, 7, 64, 65, 300, 1025].map((width) => normCase(`width;width=${width}`, ordinary, { width })),
  normCase('no-epsilon', ordinary, { epsilon: 0 }),
  normCase('scale-around-zero', ordinary, { offset: 1 }),
  normCase('mean-far-above-deviation;mean=1e+4', (c, n) => 1e4 + ordinary(c, n)),
  normCase('row-of-zeros', (c, n) => (n === 1 ? 0 : ordinary(c, n))),
  ...[300, 1e10, 5e18].map((size) =>
    normCase(`large;size=${size.toExponential()}`, (c, n) => size * ordinary(c, n)),
  ),
  ...[1e20, 1e38].map((size) =>
    normCase(`mean-square-beyond-float32;size=${size.toExponential()}`, (c, n) => size * ordinary(c, n)),
  ),
  ...[1e4, 2e19].map((value) =>
    normCase(`one-large-channel;value=${value.toExponential()}`, inRowOne(value)),
  ),
  normCase('small;size=1e-20', (c, n) => 1e-20 * ordinary(c, n)),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    normCase(`poisoned-row;value=${value}`, inRowOne(value)),
  ),
];

/** Number i of a head and number i + pairs turn together, those beyond all pairs stay; the gradient is the turn back. */
const rotary: Formula = ({ inputs, upstream }, r) => {
  const [B, H, T, D] = inputs.x!.shape as [number, number, number, number];
  const P = inputs.cos!.shape[3]!;
  const [cos, sin] = [inputs.cos!.values, inputs.sin!.values];
  let terms = 0;
  const turned = (x: ArrayLike<number>, sign: 1 | -1): number[] => {
    const y = Array.from(x);
    for (let row = 0; row < B * H * T; row++) {
      const angle = (Math.floor(row / (H * T)) * T + (row % T)) * P;
      for (let i = 0; i < P; i++) {
        const [a, b] = [x[row * D + i]!, x[row * D + i + P]!];
        const [c, s] = [cos[angle + i]!, sign * sin[angle + i]!];
        y[row * D + i] = r(r(a * c) - r(b * s));
        y[row * D + i + P] = r(r(b * c) + r(a * s));
        for (const term of [a * c, b * s, b * c, a * s])
          if (Number.isFinite(Math.fround(term))) terms = Math.max(terms, Math.abs(term));
      }
    }
    return y;
  };
  const y = turned(inputs.x!.values, 1);
  const dx = turned(upstream!.values, -1);
  return { y: { values: y, terms }, dx: { values: dx, terms } };
};

interface RotaryShape {
  readonly D?: number;
  /** How many pairs turn; default all. */
  readonly pairs?: number;
  readonly angle?: (t: number, i: number, b: number) => number;
}

function rotaryCase(
  name: string,
  element: (i: number) => number,
  { D = 16, pairs = D / 2, angle = (t, i, b) => (t + 3 * b) / 10 ** (i / 4) }: RotaryShape = {},
): KernelCase {
  const [B, H, T] = [2, 2, 5];
  const table = (of: (angle: number) => number) =>
    floats(
      Array.from({ length: B * T * pairs }, (_, i) =>
        of(angle(Math.floor(i / pairs) % T, i % pairs, Math.floor(i / (pairs * T)))),
      ),
      ...[B, 1, T, pairs],
    );
  const shape = [B, H, T, D];
  const size = B * H * T * D;
  const x = floats(
    Array.from({ length: size }, (_, i) => element(i)),
    ...shape,
  );
  const inputs = { x, cos: table(Math.cos), sin: table(Math.sin) };
  const upstream = floats(numbers(42, size, 2), ...shape);
  return kernelCase(name, { kernel: 'Rotary', inputs, attrs: {}, upstream }, rotary);
}

const heads = numbers(41, 2048, 2);
const plain = (i: number) => heads[i % heads.length]!;
/** Puts a value at number 5 of the second row, which turns with number 5 + 8 or 13 - 8 of sixteen. */
const oneOf = (value: number) => (i: number) => (i === 16 + 5 ? value : plain(i));

const rotaryCases: readonly KernelCase[] = [
  rotaryCase('whole-heads', plain),
  ...[2, 34, 128].map((D) => rotaryCase(`head;width=${D}`, plain, { D })),
  rotaryCase('a-quarter-turns', plain, { pairs: 2 }),
  rotaryCase('an-odd-number-stays', plain, { D: 15, pairs: 7 }),
  rotaryCase('no-turn', plain, { angle: () => 0 }),
  rotaryCase('terms-that-cancel', (i) => (i % 16 < 8 ? 1e4 : 1e4 * (1 - 1e-6)), { angle: () => Math.PI / 4 }),
  ...[1e20, 2e38].map((size) =>
    rotaryCase(`large;size=${size.toExponential()}`, (i) => size * Math.sign(plain(i)), {
      angle: () => 0.3,
    }),
  ),
  rotaryCase('beyond-float32', (i) => (i % 16 < 8 ? -1 : 1) * (i < 16 ? 3.3e38 : 1e38), {
    angle: () => Math.PI / 4,
  }),
  rotaryCase('small;size=1e-30', (i) => 1e-30 * plain(i)),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    rotaryCase(`poisoned-pair;value=${value}`, oneOf(value), { angle: () => 0.7 }),
  ),
];

const gatedSilu: Formula = ({ inputs, upstream }, r) => {
  const [gate, up] = [Array.from(inputs.gate!.values), Array.from(inputs.up!.values)];
  const share = (g: number) => r(1 / r(1 + r(Math.exp(-g))));
  const silu = (g: number) => r(g * share(g));
  const slope = (g: number) => r(share(g) + r(g * r(share(g) * r(1 - share(g)))));
  const dys = upstream!.values;
  return {
    y: { values: gate.map((g, i) => r(silu(g) * up[i]!)) },
    dgate: { values: gate.map((g, i) => r(r(dys[i]! * up[i]!) * slope(g))) },
    dup: { values: gate.map((g, i) => r(dys[i]! * silu(g))) },
  };
};

function gatedCase(name: string, gate: readonly number[], up: (i: number) => number): KernelCase {
  const size = gate.length;
  const inputs = {
    gate: floats(gate, 1, size),
    up: floats(
      Array.from({ length: size }, (_, i) => up(i)),
      1,
      size,
    ),
  };
  const upstream = floats(numbers(53, size, 2), 1, size);
  return kernelCase(name, { kernel: 'GatedSilu', inputs, attrs: {}, upstream }, gatedSilu);
}

const both = (...sizes: number[]) => [...sizes.map((size) => -size), ...sizes];
const units = numbers(52, 1001, 2);
const unit = (i: number) => units[i % units.length]!;

const gatedSiluCases: readonly KernelCase[] = [
  gatedCase('ordinary', Array.from(numbers(51, 1001, 12)), unit),
  gatedCase('small', both(0, 1e-38, 1e-20, 1e-6, 1), unit),
  gatedCase('tails', both(13, 20, 88, 90, 104), unit),
  ...[1e6, 1e19, 1e38].map((size) => gatedCase(`large;size=${size.toExponential()}`, both(size), unit)),
  gatedCase('beyond-float32', [1e30, 1e20, 2], () => 1e30),
  gatedCase('no-number', [Number.NaN, Number.POSITIVE_INFINITY, 1, 2], unit),
  gatedCase('no-number-in-up', [0.5, 1, 2], (i) => [Number.NaN, Number.POSITIVE_INFINITY, 3][i]!),
];

export const decoderCases: readonly KernelCase[] = [...rmsNormCases, ...rotaryCases, ...gatedSiluCases];
