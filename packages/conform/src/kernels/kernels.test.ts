/** The right answers pass, and careless forms of each kernel fail where they are careless. */
import { expect, it } from 'vitest';
import { verdict } from '../judge/verdict.ts';
import type { KernelCase, KernelNumbers, KernelProblem } from './case.ts';
import { kernelCases } from './index.ts';

const rightAnswer = (testCase: KernelCase): KernelNumbers =>
  Object.fromEntries(testCase.judge({}).comparisons.map(({ name, expected }) => [name, expected]));

/** Names of the cases that an answer does not pass, without `kernel:LayerNorm;case=`. */
const failing = (kernel: string, wrong: (problem: KernelProblem) => KernelNumbers = () => ({})): string[] =>
  kernelCases.flatMap((testCase) => {
    if (testCase.problem.kernel !== kernel) return [];
    const answer = { ...rightAnswer(testCase), ...wrong(testCase.problem) };
    const { status, id } = verdict(testCase, testCase.judge(answer));
    return status === 'pass' ? [] : [id.replace(/^.*;case=/, '')];
  });

const sum = (values: number[]) => values.reduce((total, v) => Math.fround(total + v), 0);
const float32 = (values: number[]) => values.map(Math.fround);

it('the right answers pass', () => {
  for (const kernel of new Set(kernelCases.map(({ problem }) => problem.kernel)))
    expect(failing(kernel), kernel).toEqual([]);
  expect(new Set(kernelCases.map(({ id }) => id)).size).toBe(kernelCases.length);
});

it('a variance as the mean of squares less the square of the mean fails far from zero', () => {
  const variance = ({ inputs: { x } }: KernelProblem) => {
    const [rows, width] = x!.shape as [number, number];
    return Array.from({ length: rows }, (_, n) => {
      const row = Array.from({ length: width }, (_, c) => x!.values[n * width + c]!);
      const mean = sum(row) / width;
      return Math.fround(sum(row.map((v) => Math.fround(v * v))) / width) - Math.fround(mean * mean);
    });
  };
  expect(failing('LayerNorm', (problem) => ({ variance: float32(variance(problem)) }))).toEqual(
    expect.arrayContaining([
      'mean-far-above-deviation;mean=1e+6',
      'deviations-of-one-rounding;width=64',
      'large;size=5e+18',
    ]),
  );
});

it('a slope of gelu_new that squares any number fails at large ones', () => {
  const slope = (v: number, dy: number) => {
    const inner = Math.fround(1.5957691 + 0.2140644 * Math.fround(v * v));
    const s = Math.fround(1 / (1 + Math.exp(-v * (1.5957691 + 0.0713548 * v * v))));
    return Math.fround(dy * (s + Math.fround(v * inner) * (s * (1 - s))));
  };
  const dx = ({ inputs: { x }, upstream }: KernelProblem) =>
    Array.from(x!.values, (v, i) => slope(v, upstream!.values[i]!));
  expect(failing('GeluNew', (problem) => ({ dx: dx(problem) }))).toEqual([
    ...['large;size=2e+13', 'large;size=1e+19', 'large;size=1e+20', 'large;size=3e+38'],
  ]);
});

it('a sum of exponentials without the maximum fails at large logits', () => {
  const loss = ({ inputs: { logits, labels } }: KernelProblem) => {
    const width = logits!.shape[1]!;
    return Array.from(labels!.values, (label, n) => {
      const row = Array.from({ length: width }, (_, v) => logits!.values[n * width + v]!);
      return label < 0 ? 0 : Math.log(sum(row.map((v) => Math.fround(Math.exp(v))))) - row[label]!;
    });
  };
  expect(failing('SparseCrossEntropy', (problem) => ({ loss: float32(loss(problem)) }))).toEqual(
    expect.arrayContaining(['probabilities-that-vanish', 'large;size=1e+38']),
  );
});

it('a norm that squares before it scales fails where squares leave float32', () => {
  const norm = ({ inputs: { x }, attrs }: KernelProblem) =>
    Math.sqrt(sum(Array.from(x!.values, (v) => Math.fround(v * v)))) * attrs.factor!;
  const found = failing('EuclideanNorm', (problem) => ({ norm: float32([norm(problem)]) }));
  expect(found).toEqual(
    expect.arrayContaining([
      ...['magnitude;size=1e-30', 'magnitude;size=5e+18', 'beyond-float32-before-its-factor'],
    ]),
  );
  expect(found).not.toContain('beyond-float32');
});

it('a second moment of a squared gradient fails where that alone is beyond float32', () => {
  const square = ({ inputs: { gradient, square: before, scale }, attrs }: KernelProblem) =>
    Array.from(gradient!.values, (g, i) => {
      const slope = Math.fround(g * scale!.values[0]!);
      return attrs.beta2! * before!.values[i]! + (1 - attrs.beta2!) * Math.fround(slope * slope);
    });
  expect(failing('AdamWStep', (problem) => ({ square: float32(square(problem)) }))).toEqual([
    'magnitude;size=3e+19',
    'magnitude;size=3e+20',
  ]);
});
