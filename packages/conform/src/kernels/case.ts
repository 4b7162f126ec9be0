/**
 * A case of one kernel around attention: a problem as plain arrays, forward and backward, judged by the kernel's formula
 * in float64. What runs it is an implementation, which the caller brings: this package knows formulas only.
 */
import type { Comparison, Judgement } from '../case.ts';
import { greatestError, largest } from '../judge/compare.ts';
import { spoiledControls } from '../judge/verdict.ts';

export type KernelName =
  | 'LayerNorm'
  | 'GeluNew'
  | 'NormalCdf'
  | 'RmsNorm'
  | 'Rotary'
  | 'GatedSilu'
  | 'SparseCrossEntropy'
  | 'AdamWStep'
  | 'EuclideanNorm';

export interface KernelTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly values: ArrayLike<number>;
}

export interface KernelProblem {
  readonly kernel: KernelName;
  readonly inputs: Readonly<Record<string, KernelTensor>>;
  readonly attrs: Readonly<Record<string, number>>;
  /** The gradient of the first result; present where gradients are wanted. */
  readonly upstream?: KernelTensor;
}

/** Results by name, the gradient of input `x` as `dx`. */
export type KernelNumbers = Readonly<Record<string, ArrayLike<number>>>;

/** The kernels of a backend, on plain arrays. */
export interface KernelImplementation {
  /** @throws whatever goes wrong: the case fails with its message, and the others run. */
  run(problem: KernelProblem): Promise<KernelNumbers>;
}

export interface KernelCase {
  /** `kernel:LayerNorm;case=mean-far-above-deviation;width=64` */
  readonly id: string;
  readonly accuracy: string;
  readonly problem: KernelProblem;
  /** Pure. */
  judge(answer: KernelNumbers): Judgement;
}

/** Rounds each number on the way: not at all in the oracle, to float32 in what sets the tolerance. */
export type Round = (value: number) => number;

export interface Expected {
  readonly values: readonly number[];
  /** Magnitude of the numbers that these are sums and differences of, where it is more than their own. */
  readonly terms?: number;
}

/** A formula, with what is kept in float32 between two results rounded to it in either case. */
export type Formula = (problem: KernelProblem, round: Round) => Readonly<Record<string, Expected>>;

const accuracy =
  'NaN and infinities where the formula has them in float64, elsewhere at most twice the error of the same formula in float32';

/** Roundings of the largest term: the floor of what is allowed. */
const FLOOR = 8 * 2 ** -24;

/** What a device may take away that makes subnormals 0. */
const FLUSHED = 2 ** -126;

function comparisonsOf(problem: KernelProblem, formula: Formula, answer: KernelNumbers): Comparison[] {
  const expected = formula(problem, (value) => value);
  const plain = formula(problem, Math.fround);
  return Object.entries(expected).map(([name, { values, terms = 0 }]) => {
    const held = Float32Array.from(values);
    const size = Math.max(terms, largest(held));
    const error = greatestError(plain[name]!.values, held);
    return {
      name,
      actual: answer[name],
      expected: held,
      allowed: Math.max(2 * error, FLOOR * size, FLUSHED),
    };
  });
}

/** @param name what is special about it, `key=value` after `case` where there is more to say */
export function kernelCase(name: string, problem: KernelProblem, formula: Formula): KernelCase {
  return {
    id: `kernel:${problem.kernel};case=${name}`,
    accuracy,
    problem,
    judge(answer) {
      const comparisons = comparisonsOf(problem, formula, answer);
      return { comparisons, controls: spoiledControls(comparisons) };
    },
  };
}

/** float32 numbers of a shape, for problems. */
export const floats = (values: Iterable<number>, ...shape: number[]): KernelTensor => {
  const held = Float32Array.from(values);
  return { shape: shape.length > 0 ? shape : [held.length], dtype: 'float32', values: held };
};
