/** Cross entropy against integer labels, logsumexp - logit, and its gradient dy (softmax - onehot): 0 where the label is ignored. */
import { numbers } from '../case.ts';
import { type Formula, floats, type KernelCase, kernelCase } from './case.ts';

const IGNORED = -100;

const crossEntropy: Formula = ({ inputs, upstream }, r) => {
  const labels = Array.from(inputs.labels!.values);
  const width = inputs.logits!.shape[1]!;
  const rows = labels.map((label, n) => {
    const x = Array.from({ length: width }, (_, v) => inputs.logits!.values[n * width + v]!);
    // Math.max of a NaN is NaN; of an infinity the difference below is.
    const highest = Math.max(...x);
    const weights = x.map((v) => r(Math.exp(r(v - highest))));
    const sum = weights.reduce((total, v) => r(total + v), 0);
    const dy = label < 0 ? 0 : upstream!.values[n]!;
    return {
      loss: label < 0 ? 0 : r(r(Math.log(sum)) + r(highest - x[label]!)),
      // 0 times a softmax that is no number is none either, as in PyTorch.
      gradient: weights.map((v, i) => r(r(r(v / sum) - Number(i === label)) * dy)),
      terms: Math.abs(dy),
    };
  });
  return {
    loss: { values: rows.map(({ loss }) => loss) },
    dlogits: {
      values: rows.flatMap(({ gradient }) => gradient),
      terms: Math.max(...rows.map(({ terms }) => terms)),
    },
  };
};

type Row = readonly [logits: readonly number[], label: number];

function makeCase(name: string, rows: readonly Row[], dy = 2) {
  const inputs = {
    logits: floats(
      rows.flatMap(([logits]) => logits),
      rows.length,
      rows[0]![0].length,
    ),
    labels: { shape: [rows.length], dtype: 'int32' as const, values: rows.map(([, label]) => label) },
  };
  const upstream = floats(numbers(32, rows.length, dy));
  return kernelCase(name, { kernel: 'SparseCrossEntropy', inputs, attrs: {}, upstream }, crossEntropy);
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const row = (width: number, scale: number, seed = 30) => Array.from(numbers(seed, width, scale));

export const crossEntropyCases: readonly KernelCase[] = [
  ...[1, 2, 127, 129, 1000].map((width) =>
    makeCase(
      `width;width=${width}`,
      [0, Math.floor(width / 2), width - 1].map((label, n): Row => [row(width, 16, 30 + n), label]),
    ),
  ),
  makeCase('ignored', [
    [row(9, 8), IGNORED],
    [row(9, 8, 31), 3],
    [row(9, 1e38), IGNORED],
  ]),
  makeCase('ignored-poisoned', [
    [[1, nan, 2], IGNORED],
    [[1, infinity, 2], IGNORED],
    [[1, -infinity, 2], IGNORED],
    [[-infinity, -infinity, -infinity], IGNORED],
    [[1, 0, 2], 1],
  ]),
  makeCase('probabilities-that-vanish', [
    [[500, 499, -500, 0, 1], 1],
    [[500, 499, -500, 0, 1], 2],
    [[88, -88, 0, 90, -104], 4],
  ]),
  ...[1e30, 1e38, 1.7e38].map((size) =>
    makeCase(`large;size=${size.toExponential()}`, [
      [[size, -size, 0, 1], 0],
      [[size, -size, 0, 1], 1],
      [[size, -size, 0, 1], 3],
      [[size, size, size, size], 2],
      [[-size, -size, -size, -size], 2],
    ]),
  ),
  makeCase('loss-beyond-float32', [
    [[3e38, -3e38], 1],
    [[3e38, -3e38], 0],
  ]),
  makeCase('small', [
    [[1e-40, -1e-40, 0, 1e-45], 1],
    [[1e-20, 0, -1e-20, 1], 2],
  ]),
  makeCase('infinities', [
    [[1, -infinity, 3, 4], 0],
    [[1, -infinity, 3, 4], 1],
    [[-infinity, -infinity, -infinity, -infinity], 0],
    [[-infinity, 2, -infinity, -infinity], 1],
    [[1, infinity, 3, 4], 0],
    [[1, infinity, 3, 4], 1],
    [[infinity, infinity, 3, -infinity], 1],
  ]),
  makeCase('poisoned', [
    [[nan, 2, 3, 4], 1],
    [[nan, 2, 3, 4], 0],
    [[1, 2, 3, 4], 0],
    [[infinity, nan, 3, -infinity], 2],
  ]),
  makeCase('one-class', [
    [[3], 0],
    [[-1e38], 0],
    [[nan], 0],
    [[infinity], 0],
    [[-infinity], 0],
    [[5], IGNORED],
  ]),
];
