/** LayerNorm at sizes that cost digits or leave float32: y, the variance, and the gradients of all three inputs. */

import { numbers } from '../case.ts';
import { largest } from '../judge/compare.ts';
import { type Formula, floats, type KernelCase, kernelCase } from './case.ts';
import { type Element, rowElements, rowsOf } from './rows.ts';

/** y = d / sqrt(variance + epsilon) scale + offset; dx = (g - average(g) - xhat average(g xhat)) / deviation, g = dy scale. */
const layerNorm: Formula = ({ inputs, attrs, upstream }, r) => {
  const width = inputs.scale!.shape[0]!;
  const [scale, offset] = [inputs.scale!.values, inputs.offset!.values];
  const average = (row: readonly number[]) => row.reduce((sum, v) => r(sum + r(v / width)), 0);
  const dys = rowsOf(upstream!.values, width);
  const results = rowsOf(inputs.x!.values, width).map((x, n) => {
    const mean = average(x);
    const rough = x.map((v) => r(v - mean));
    const rest = average(rough);
    const d = rough.map((v) => r(v - rest));
    const root = r(1 / Math.sqrt(width));
    // Kept in float32: where it does not fit, the row is the offset.
    const variance = Math.fround(d.reduce((sum, v) => r(sum + r(r(v * root) ** 2)), 0));
    const inverse = r(1 / r(Math.sqrt(r(variance + attrs.epsilon!))));
    const xhat = d.map((v) => r(v * inverse));
    const g = dys[n]!.map((v, c) => r(v * scale[c]!));
    const [meanG, projected] = [average(g), average(g.map((v, c) => r(v * xhat[c]!)))];
    return {
      variance,
      y: xhat.map((v, c) => r(r(v * scale[c]!) + offset[c]!)),
      dx: g.map((v, c) => r(r(r(v - meanG) - r(xhat[c]! * projected)) * inverse)),
      dscale: xhat.map((v, c) => r(v * dys[n]![c]!)),
      terms: Math.max(...g.map(Math.abs)) * inverse,
    };
  });
  const summed = (rows: readonly (readonly number[])[]) =>
    Array.from({ length: width }, (_, c) => rows.reduce((sum, row) => r(sum + row[c]!), 0));
  return {
    y: { values: results.flatMap(({ y }) => y) },
    variance: { values: results.map(({ variance }) => variance) },
    dx: {
      values: results.flatMap(({ dx }) => dx),
      terms: largest(results.map(({ terms }) => terms)),
    },
    dscale: { values: summed(results.map(({ dscale }) => dscale)) },
    doffset: { values: summed(dys) },
  };
};

interface Shape {
  readonly rows?: number;
  readonly width?: number;
  readonly epsilon?: number;
}

function makeCase(name: string, element: Element, { rows = 3, width = 64, epsilon = 1e-5 }: Shape = {}) {
  const x = Array.from({ length: rows * width }, (_, i) => element(i % width, Math.floor(i / width)));
  const inputs = {
    x: floats(x, rows, width),
    scale: floats(numbers(12, width, 3)),
    offset: floats(numbers(13, width, 2)),
  };
  const upstream = floats(numbers(14, rows * width, 2), rows, width);
  return kernelCase(name, { kernel: 'LayerNorm', inputs, attrs: { epsilon }, upstream }, layerNorm);
}

const { ordinary, inRowOne } = rowElements(11);

export const layerNormCases: readonly KernelCase[] = [
  ...[1, 2, 7, 64, 65, 300, 1025].map((width) => makeCase(`width;width=${width}`, ordinary, { width })),
  makeCase('no-epsilon', ordinary, { epsilon: 0 }),
  ...[1e2, 1e4, 1e6].map((mean) =>
    makeCase(`mean-far-above-deviation;mean=${mean.toExponential()}`, (c, n) => mean + ordinary(c, n)),
  ),
  ...[64, 63, 5].map((width) =>
    makeCase(`deviations-of-one-rounding;width=${width}`, (c) => 2 ** 24 - 1 - (c % 5), { width }),
  ),
  ...[1e-5, 0].map((epsilon) =>
    makeCase(`constant-row;epsilon=${epsilon.toExponential()}`, (c, n) => (n === 1 ? 3 : ordinary(c, n)), {
      epsilon,
    }),
  ),
  ...[1e10, 5e18, 1.8e19].map((size) =>
    makeCase(`large;size=${size.toExponential()}`, (c, n) => size * ordinary(c, n)),
  ),
  ...[1e20, 1e38].map((size) =>
    makeCase(`variance-beyond-float32;size=${size.toExponential()}`, (c, n) => size * ordinary(c, n)),
  ),
  ...[1e4, 2e19].map((value) =>
    makeCase(`one-large-channel;value=${value.toExponential()}`, inRowOne(value)),
  ),
  makeCase('small;size=1e-20', (c, n) => 1e-20 * ordinary(c, n)),
  // Beside ordinary rows: what a device makes 0 is multiplied with 1 / sqrt(epsilon) before it is compared.
  makeCase('subnormal-row', (c, n) => (n === 1 ? 1e-40 : 1) * ordinary(c, n)),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    makeCase(`poisoned-row;value=${value}`, inRowOne(value)),
  ),
];
