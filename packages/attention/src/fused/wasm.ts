/** Fused attention on the wasm backend: the problem as words in its memory, for the kernels of backend/assembly/attention-problem.ts. */
import { activeBackend, floatWord, type WasmMemory, wasmMemory } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { PreparedAttention } from '../call.ts';
import type { MaskStep } from '../mask-types.ts';

/**
 * Queries of one call: at most QT of the assembly. Where there are few in all, a causal mask leaves out more keys of a low tile than
 * packing the others again for the next one costs.
 */
const tileOf = (queries: number): number => (queries <= 256 ? 32 : 96);

/** Whether these kernels can compute what the policy asks for: they compute in float32. */
export const hasWasmAttention = ({ prepared: { policy } }: Pick<PreparedAttention, 'prepared'>): boolean =>
  activeBackend() === 'wasm' && policy.computeDtype === 'f32';

/** Elements that a tensor moves per batch row, head, query and key; 0 where it repeats. */
function stepsOf({ shape }: tf.Tensor, rank: number): number[] {
  const whole = [...Array<number>(4 - shape.length).fill(1), ...shape];
  const strides = [whole[1]! * whole[2]! * whole[3]!, whole[2]! * whole[3]!, whole[3]!, 1];
  return strides.slice(0, rank).map((stride, axis) => (whole[axis] === 1 ? 0 : stride));
}

/** The words of a step, in the order of backend/assembly/mask.ts. */
function stepWords(step: MaskStep, { address }: WasmMemory): number[] {
  if (step.how === 'add') return [0, address(step.bias), ...stepsOf(step.bias, 4), 0, 0, 0, 0];
  const { keep, fill } = step;
  return [1, address(keep), ...stepsOf(keep, 4), address(fill), ...stepsOf(fill, 3)];
}

/** Tensors of a call, by their place among the words. Those that are absent are 0 there. */
interface Tensors {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
  readonly out: tf.Tensor4D;
  readonly stats: tf.Tensor4D;
  readonly gradients?: readonly [dout: tf.Tensor, dq: tf.Tensor, dk: tf.Tensor, dv: tf.Tensor];
}

/** @returns the address of the words of a problem, in a tensor of the enclosing tidy. */
function describe(
  memory: WasmMemory,
  { q, k, v, out, stats, gradients }: Tensors,
  { prepared: { steps }, productScale, softcap, sinks }: PreparedAttention,
): number {
  const [, heads, queries, size] = q.shape;
  const [, keyHeads, keys] = k.shape;
  const words = [
    ...[q, k, v, out, stats].map((tensor) => memory.address(tensor)),
    ...[heads, keyHeads, queries, keys, size, v.shape[3]],
    ...[Number(productScale !== undefined), floatWord(productScale ?? 1), floatWord(softcap ?? 0)],
    ...(gradients?.map((tensor) => memory.address(tensor)) ?? [0, 0, 0, 0]),
    sinks ? memory.address(sinks) : 0,
    steps.length,
    ...steps.flatMap((step) => stepWords(step, memory)),
  ];
  const room = tensorOf(memory, [words.length]);
  const values = memory.values(room);
  new Int32Array(values.buffer, values.byteOffset, words.length).set(words);
  return memory.address(room);
}

const tensorOf = <T extends tf.Tensor>(memory: WasmMemory, shape: number[]): T =>
  tf.engine().makeTensorFromTensorInfo(memory.make(shape, 'float32')) as T;

/** As `sdpaForward`: the context before the row guard, and maximum and sum `[B, H, T, 2]`. */
export function wasmForward(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  core: PreparedAttention,
): { readonly context: tf.Tensor4D; readonly stats: tf.Tensor4D } {
  const memory = wasmMemory(tf.backend());
  const [B, H, T] = q.shape;
  const out = tensorOf<tf.Tensor4D>(memory, [B, H, T, v.shape[3]]);
  const stats = tensorOf<tf.Tensor4D>(memory, [B, H, T, 2]);
  const problem = describe(memory, { q, k, v, out, stats }, core);
  const calls = [];
  const tile = tileOf(T);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let first = 0; first < T; first += tile) {
        calls.push({ kernel: 'attentionForward', words: [problem, b, h, first, tile] } as const);
      }
    }
  }
  memory.run(calls);
  return { context: out, stats };
}

/** As `sdpaBackward`: the gradients of q as `maskedInputs` made it, of k and of v. */
export function wasmBackward(
  dout: tf.Tensor4D,
  { q, k, v, out, stats }: Omit<Tensors, 'gradients'>,
  core: PreparedAttention,
): [dq: tf.Tensor4D, dk: tf.Tensor4D, dv: tf.Tensor4D] {
  const memory = wasmMemory(tf.backend());
  const like = (x: tf.Tensor4D) => tensorOf<tf.Tensor4D>(memory, [...x.shape]);
  const [dq, dk, dv] = [like(q), like(k), like(v)];
  const problem = describe(memory, { q, k, v, out, stats, gradients: [dout, dq, dk, dv] }, core);
  const calls = [];
  for (let b = 0; b < k.shape[0]; b++) {
    for (let head = 0; head < k.shape[1]; head++) {
      calls.push({ kernel: 'attentionBackward', words: [problem, b, head] } as const);
    }
  }
  memory.run(calls);
  return [dq, dk, dv];
}
