/**
 * What a conformance case is: attention problems to be run, and a pure judgement of what came out. Where cases come
 * from is in oracle/, metamorphic/ and vectors/; how they are run in run/; what passes in judge/. Cases of the kernels around attention are in kernels/.
 */
import type { CaptureStage, ReferenceProblem } from '@nanscope/attention';
import type { AttentionNode } from './onnx/check-node.ts';

// The numbers of our own cases: fixed, and the same everywhere.

/** Fixed float32 numbers, evenly spread over (-range/2, range/2). */
export function numbers(seed: number, size: number, range: number): Float32Array {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return Float32Array.from({ length: size }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 8) / 0x1000000 - 0.5) * range;
  });
}

/** A problem as plain arrays, and how much of its keys was cached before. */
export interface AttentionProblem extends ReferenceProblem {
  /** How many of the S positions of k and v, at the front, come from a cache. Default 0. */
  readonly past?: number;
  /** The same as a node of the ONNX operator, for an implementation that is one; of cases that come from ONNX. */
  readonly node?: AttentionNode;
}

/** What of an answer will be looked at, beside the output. */
export interface Wanted {
  readonly stages: readonly CaptureStage[];
  /** dq, dk, dv, and dsinks where the problem has sinks. */
  readonly gradients: boolean;
  /** The joined cache, past and new. */
  readonly present: boolean;
}

/** Flat row-major arrays in the shapes of `ReferenceProblem`. What was not wanted may be absent. */
export interface AttentionNumbers {
  /** `[B, H, T, Dv]` */
  readonly out: ArrayLike<number>;
  /** `[B, H, T, S]` each. */
  readonly stages?: Partial<Record<CaptureStage, ArrayLike<number>>>;
  readonly dq?: ArrayLike<number>;
  readonly dk?: ArrayLike<number>;
  readonly dv?: ArrayLike<number>;
  /** `[H]`, of a problem with sinks. */
  readonly dsinks?: ArrayLike<number>;
  /** `[B, Hkv, S, D]` */
  readonly presentKey?: ArrayLike<number>;
  /** `[B, Hkv, S, Dv]` */
  readonly presentValue?: ArrayLike<number>;
}

export interface Run {
  readonly problem: AttentionProblem;
  readonly wanted: Wanted;
}

/**
 * What two runs of a relation differ in, each in words after `with`: neither is the truth, and where one of them has a
 * NaN, that one is wrong.
 */
export interface Between {
  readonly actual: string;
  readonly expected: string;
}

/** Numbers beside the numbers that they should be. */
export interface Comparison {
  /** `out`, `dq`, `probabilities`. */
  readonly name: string;
  readonly actual: ArrayLike<number> | undefined;
  readonly expected: ArrayLike<number>;
  /** Largest |actual - expected| that passes where both are finite. */
  readonly allowed: number;
  /** The same bits are asked for: -0 is not 0. */
  readonly bits?: true;
  /** Set for a relation, where `expected` is another run's answer. */
  readonly between?: Between;
}

/** A variation of the case that is wrong on purpose: one of its comparisons at least must not pass. */
export interface Control {
  readonly name: string;
  readonly comparisons: readonly Comparison[];
}

export interface Judgement {
  readonly comparisons: readonly Comparison[];
  readonly controls: readonly Control[];
}

export interface ConformCase {
  /** Unique, `suite:name;key=value`: selects, skips and reports. */
  readonly id: string;
  /** The required accuracy, in words. */
  readonly accuracy: string;
  readonly runs: readonly Run[];
  /** Why nobody can run it here. Such a case has no runs. */
  readonly refused?: string;
  /** Pure. @param results In the order of `runs`. */
  judge(results: readonly AttentionNumbers[]): Judgement;
}

export const outputOnly: Wanted = { stages: [], gradients: false, present: false };
export const withGradients: Wanted = { ...outputOnly, gradients: true };

/** Output and gradients, in the order in which they are reported. */
export const tensorNames = ['out', 'dq', 'dk', 'dv'] as const;

// The one interface between the suite and what is put under it.

/** An attention implementation under test, on plain arrays: ours on the active tfjs backend, or another library's. */
export interface AttentionImplementation {
  /** `eager`, `sdpa`, or a name of its own. */
  readonly id: string;
  /** A reason, one sentence, when it cannot do what the case asks; undefined when it can. */
  refuses(problem: AttentionProblem, wanted: Wanted): string | undefined;
  /** Has no backward pass: the suite leaves out what is about gradients, and the report says so. */
  readonly forwardOnly?: true;
  /** @throws Refused for what only shows when it is tried; whatever else goes wrong: the case fails with its message, and the others run. */
  run(problem: AttentionProblem, wanted: Wanted): Promise<AttentionNumbers>;
}

/** What an implementation throws that finds out late that it cannot do what a case asks. */
export class Refused extends Error {}
