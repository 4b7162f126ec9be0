/** Our own eager, sdpa and fused sdpa as implementations under test, on whatever backend of TensorFlow.js is active. */
import {
  type AttentionOptions,
  attention,
  type CaptureStage,
  hasHalf,
  type Implementation,
  type MaskSpec,
} from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { AttentionImplementation, AttentionNumbers, AttentionProblem, Wanted } from '../case.ts';

/** `eager` and `sdpa` composed of ops; `fused`: sdpa as one kernel, which is composed inside where there is no shader. */
export type TensorflowAttention = Implementation | 'fused';

export function tensorflowImplementation(id: TensorflowAttention): AttentionImplementation {
  return {
    id,
    refuses({ policy }, { stages }) {
      if (policy.computeDtype === 'f16' && !hasHalf())
        return `the backend ${tf.getBackend()} has no kernel that rounds to float16`;
      return id === 'fused' && stages.length > 0 ? 'a fused kernel never holds the stages' : undefined;
    },
    run: (problem, wanted) => runOnDevice(problem, wanted, id),
  };
}

const callOf = (id: TensorflowAttention): Pick<AttentionOptions, 'implementation' | 'kernel'> =>
  id === 'fused' ? { implementation: 'sdpa', kernel: 'fused' } : { implementation: id, kernel: 'composed' };

async function runOnDevice(
  problem: AttentionProblem,
  wanted: Wanted,
  id: TensorflowAttention,
): Promise<AttentionNumbers> {
  const tensors: Record<string, tf.Tensor> = {};
  const keep = (name: string, tensor: tf.Tensor) => {
    tensors[name] = tf.keep(tensor.clone());
  };
  try {
    tf.tidy(() => compute(problem, wanted, id, keep));
    const names = Object.keys(tensors);
    const values = await Promise.all(names.map((name) => tensors[name]!.data()));
    const { out, dq, dk, dv, dsinks, presentKey, presentValue, ...stages } = Object.fromEntries(
      names.map((name, i) => [name, values[i]! as ArrayLike<number>]),
    );
    return {
      out: out!,
      ...(wanted.gradients && { dq: dq!, dk: dk!, dv: dv!, ...(dsinks && { dsinks }) }),
      ...(wanted.present && { presentKey: presentKey!, presentValue: presentValue! }),
      stages: stages as Partial<Record<CaptureStage, ArrayLike<number>>>,
    };
  } finally {
    tf.dispose(tensors);
  }
}

function compute(
  problem: AttentionProblem,
  wanted: Wanted,
  id: TensorflowAttention,
  keep: (name: string, tensor: tf.Tensor) => void,
): void {
  const { B, H, T, Dv } = problem;
  const [q, k, v] = keysAndQueries(problem);
  const options = { ...optionsOf(problem), ...callOf(id) };
  const capture = (stage: CaptureStage, tensor: tf.Tensor) => {
    if (wanted.stages.includes(stage)) keep(stage, tensor);
  };
  if (wanted.present) {
    keep('presentKey', k);
    keep('presentValue', v);
  }
  const forward = (...[q, k, v, sinks]: tf.Tensor[]) =>
    attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
      ...options,
      ...(sinks && { sinks: sinks as tf.Tensor1D }),
      ...(wanted.stages.length > 0 && { capture }),
    });
  const { sinks } = options;
  const inputs = sinks ? [q, k, v, sinks] : [q, k, v];
  if (!wanted.gradients) {
    keep('out', forward(...inputs));
    return;
  }
  const dout = problem.dout
    ? tf.tensor4d(Float32Array.from(problem.dout), [B, H, T, Dv])
    : tf.ones([B, H, T, Dv]);
  // The forward pass whose gradients these are: no second one.
  const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]): tf.Tensor => forward(...all))(
    inputs,
    dout,
  );
  keep('out', value);
  for (const [i, gradient] of grads.entries()) keep(['dq', 'dk', 'dv', 'dsinks'][i]!, gradient);
}

/** q, k, v on the device; a cache is put in front of the new keys there. */
function keysAndQueries({ B, H, Hkv, T, S, D, Dv, q, k, v, past = 0 }: AttentionProblem) {
  const tensor = (values: ArrayLike<number>, shape: [number, number, number, number]) =>
    tf.tensor4d(Float32Array.from(values), shape);
  const joined = (values: ArrayLike<number>, width: number): tf.Tensor4D => {
    if (past === 0 || past === S) return tensor(values, [B, Hkv, S, width]);
    const rows = (first: number, count: number) =>
      tensor(positions(values, S * width, first * width, count * width), [B, Hkv, count, width]);
    return tf.concat([rows(0, past), rows(past, S - past)], 2);
  };
  return [tensor(q, [B, H, T, D]), joined(k, D), joined(v, Dv)] as const;
}

/** `size` numbers from `first` of every row of `row` numbers. */
function positions(values: ArrayLike<number>, row: number, first: number, size: number): Float32Array {
  return Float32Array.from(
    { length: (values.length / row) * size },
    (_, i) => values[Math.floor(i / size) * row + first + (i % size)]!,
  );
}

function optionsOf(problem: AttentionProblem): Omit<AttentionOptions, 'implementation' | 'kernel'> {
  const { B, S, policy, scale, softcap, sinks, mask = {} } = problem;
  const { padding, explicit, causal, offset, window } = mask;
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
  return {
    policy,
    mask: spec,
    ...(scale !== undefined && { scale }),
    ...(softcap !== undefined && { softcap }),
    ...(sinks && { sinks: tf.tensor1d(Float32Array.from(sinks)) }),
  };
}
