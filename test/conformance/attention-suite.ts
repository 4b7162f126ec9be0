/**
 * Runs attention cases on the active backend and holds them against the float64 oracle. Required accuracy: NaN
 * and infinities at the same places, and elsewhere at most twice the error of the plain float32 implementation
 * (or a few ulp of the largest number, where that one happens to be nearly exact).
 * What a policy makes NaN must be NaN: repairing it would be as wrong as breaking the others.
 */
import {
  type AttentionKernel,
  type AttentionOptions,
  attention,
  type Capture,
  type CaptureStage,
  type Implementation,
  type MaskSpec,
  type ReferenceProblem,
  referenceAttention,
} from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { AttentionCase } from './attention-cases.ts';

export interface AttentionNumbers {
  readonly out: ArrayLike<number>;
  readonly dq: ArrayLike<number>;
  readonly dk: ArrayLike<number>;
  readonly dv: ArrayLike<number>;
}

/** A software adapter compiles a variant of matmul in seconds, and in a minute when the machine is busy. */
export const TIMEOUT = 240_000;

/** ulp of the largest number: the floor of the tolerance. */
const FLOOR = { f32: 8 * 2 ** -24, f16: 8 * 2 ** -11 };

/** @returns one line for each tensor that fails; none when the case passes. */
export async function checkAttentionCase(
  { id, problem }: AttentionCase,
  implementation: Implementation,
  kernel: AttentionKernel = 'composed',
): Promise<string[]> {
  const expected = referenceAttention(problem);
  const plain = referenceAttention(problem, 'float32');
  const actual = await runAttention(problem, implementation, kernel);
  const names = ['out', 'dq', 'dk', 'dv'] as const;
  // Pooled over the four tensors: one of a few dozen numbers alone is too small a sample of rounding errors.
  const plainError = Math.max(...names.map((name) => relativeError(plain[name], expected[name])));
  // The gradients of q and k are differences of numbers of the size of the others: so is their rounding.
  const floor =
    FLOOR[problem.policy.computeDtype] * Math.max(...names.map((name) => largest(expected[name])));
  return names.flatMap((name) => {
    const allowed = Math.max(2 * plainError * largest(expected[name]), floor);
    const failure = difference(actual[name], expected[name], allowed);
    return failure ? [`${id};implementation=${implementation} ${name}: ${failure}`] : [];
  });
}

/** Forward and backward on the active backend. */
export async function runAttention(
  problem: ReferenceProblem,
  implementation: Implementation,
  kernel: AttentionKernel = 'composed',
): Promise<AttentionNumbers> {
  const { B, H, T, Dv } = problem;
  const tensors = tf.tidy(() => {
    const { inputs, options } = onDevice(problem, implementation, kernel);
    const dout = problem.dout
      ? tf.tensor4d(Float32Array.from(problem.dout), [B, H, T, Dv])
      : tf.ones([B, H, T, Dv]);
    const run = (...[q, k, v]: tf.Tensor[]) =>
      attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, options);
    return [run(...inputs), ...tf.grads(run)([...inputs], dout)];
  });
  const [out, dq, dk, dv] = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return { out: out!, dq: dq!, dk: dk!, dv: dv! };
}

/** Forward on the active backend, with every stage that a capture sees. */
export async function runStages(
  problem: ReferenceProblem,
  implementation: Implementation,
): Promise<Record<CaptureStage | 'out', ArrayLike<number>>> {
  const tensors: Record<string, tf.Tensor> = {};
  tf.tidy(() => {
    const { inputs, options } = onDevice(problem, implementation, 'composed');
    const capture: Capture = (stage, t) => {
      tensors[stage] = tf.keep(t.clone());
    };
    tensors.out = tf.keep(attention(...inputs, { ...options, capture }));
  });
  const names = Object.keys(tensors);
  const values = await Promise.all(names.map((name) => tensors[name]!.data()));
  tf.dispose(tensors);
  const result = Object.fromEntries(names.map((name, i) => [name, values[i]! as ArrayLike<number>]));
  return result as Record<CaptureStage | 'out', ArrayLike<number>>;
}

/** The problem as tensors of the active backend. Call inside a tidy. */
function onDevice(problem: ReferenceProblem, implementation: Implementation, kernel: AttentionKernel) {
  const { B, H, Hkv, T, S, D, Dv, policy, scale, softcap, mask = {} } = problem;
  const { padding, explicit, causal, offset, window } = mask;
  const tensor = (values: ArrayLike<number>, shape: [number, number, number, number]) =>
    tf.tensor4d(Float32Array.from(values), shape);
  const inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] = [
    tensor(problem.q, [B, H, T, D]),
    tensor(problem.k, [B, Hkv, S, D]),
    tensor(problem.v, [B, Hkv, S, Dv]),
  ];
  const spec: MaskSpec = {
    ...(causal !== undefined && { causal }),
    ...(offset !== undefined && { offset }),
    ...(window !== undefined && { window }),
    ...(padding && { padding: tf.tensor2d(Int32Array.from(padding), [B, S], 'int32') }),
    ...(explicit && {
      explicit:
        explicit.dtype === 'bool'
          ? tf.tensor(Uint8Array.from(explicit.values), [...explicit.shape], 'bool')
          : tf.tensor(Float32Array.from(explicit.values), [...explicit.shape], 'float32'),
    }),
  };
  const options: AttentionOptions = {
    implementation,
    kernel,
    policy,
    mask: spec,
    ...(scale !== undefined && { scale }),
    ...(softcap !== undefined && { softcap }),
  };
  return { inputs, options };
}

/** What is wrong with `actual`, or undefined. Non-finite numbers must be at the same places. */
export function difference(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  allowed: number,
): string | undefined {
  if (actual?.length !== expected.length) return `${actual?.length} numbers instead of ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Number.isFinite(e) ? Math.abs(a - e) <= allowed : Object.is(a, e)) continue;
    return `${a} instead of ${e} at ${i}, allowed ${allowed}`;
  }
  return undefined;
}

/** The largest difference where both are finite, relative to the largest expected number. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isFinite(difference)) error = Math.max(error, difference);
  }
  return error === 0 ? 0 : error / largest(expected);
}

export function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
}
