/**
 * Times sdpa on one backend at growing lengths, fused beside composed where there is a kernel for it, by turns; beside it a
 * plain matrix product. A length that would take longer than the budget, by the one before, is left out. One JSON line.
 *
 *     attention-worker.ts BACKEND ROUNDS BUDGET_SECONDS
 */
import { type AttentionKernel, attention, policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { attentionShape, lengths } from './attention-shape.ts';
import { median } from './measure.ts';

export type Pass = 'forward' | 'both';

export interface AttentionTime {
  readonly length: number;
  readonly kernel: AttentionKernel;
  readonly pass: Pass;
  /** Median of a call; absent when it was left out. */
  readonly milliseconds?: number;
  /** Most bytes of the adapter that a call held beside its inputs; WebGPU only. */
  readonly bytes?: number;
}

export interface AttentionTimes {
  readonly adapter: string;
  /** Speed of a product [1024, 1024] x [1024, 1024]. */
  readonly matmulGflops: number;
  readonly times: readonly AttentionTime[];
}

const [backendId, rounds, budget] = process.argv.slice(2) as [string, string, string];
const session = await builtinBackend(backendId)!.open();
const { B, H, D } = attentionShape;
/** Where there is a kernel of our own. */
const hasFused = backendId === 'webgpu' || backendId === 'wasm';
const kernels: readonly AttentionKernel[] = hasFused ? ['fused', 'composed'] : ['composed'];

interface Buffers {
  readonly bufferManager: {
    numBytesUsed: number;
    acquireBuffer(...args: unknown[]): unknown;
  };
}

/** Calls back with the bytes in use after every allocation. @returns undoes it */
function watchBytes(seen: (bytes: number) => void): () => void {
  const { bufferManager } = tf.backend() as unknown as Partial<Buffers>;
  if (!bufferManager) return () => {};
  const { acquireBuffer } = bufferManager;
  bufferManager.acquireBuffer = (...args) => {
    const buffer = acquireBuffer.apply(bufferManager, args);
    seen(bufferManager.numBytesUsed);
    return buffer;
  };
  return () => {
    bufferManager.acquireBuffer = acquireBuffer;
  };
}

const random = (length: number) => tf.randomUniform([B, H, length, D], -1, 1, 'float32', 1) as tf.Tensor4D;

/** The read of one number waits for the device. */
async function timed(work: () => tf.Tensor): Promise<number> {
  const start = performance.now();
  const one = tf.tidy(() => work().flatten().slice(0, 1));
  await one.data();
  one.dispose();
  return performance.now() - start;
}

function call(inputs: readonly tf.Tensor4D[], kernel: AttentionKernel, pass: Pass): tf.Tensor {
  const run = (...[q, k, v]: tf.Tensor[]) =>
    attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
      ...{ implementation: 'sdpa', kernel, causal: true, policy: policies.safe },
    });
  if (pass === 'forward') return run(...inputs);
  return tf.concat(tf.grads(run)([...inputs]));
}

async function matmulGflops(): Promise<number> {
  const size = 1024;
  const a = tf.randomUniform([size, size], -1, 1, 'float32', 1);
  const product = () => tf.matMul(a, a);
  await timed(product);
  const times: number[] = [];
  for (let i = 0; i < Number(rounds); i++) times.push(await timed(product));
  a.dispose();
  return (2 * size ** 3) / median(times) / 1e6;
}

const times: AttentionTime[] = [];
/** Time of a call at the length before: the next takes four times that. */
const last = new Map<string, number>();
for (const length of lengths) {
  const inputs = [random(length), random(length), random(length)];
  for (const pass of ['forward', 'both'] as const) {
    const within = kernels.filter(
      (kernel) => 4 * (last.get(`${kernel} ${pass}`) ?? 0) * (Number(rounds) + 1) <= Number(budget) * 1000,
    );
    const bytes = new Map<string, number>();
    for (const kernel of within) {
      // Compiles, where this is the first of its kind.
      const before = tf.memory() as { numBytesInGPU?: number };
      const stop = watchBytes((now) => {
        bytes.set(kernel, Math.max(bytes.get(kernel) ?? 0, now - (before.numBytesInGPU ?? 0)));
      });
      await timed(() => call(inputs, kernel, pass));
      stop();
    }
    const taken = new Map<string, number[]>(kernels.map((kernel) => [kernel, []]));
    for (let round = 0; round < Number(rounds); round++)
      for (const kernel of within) taken.get(kernel)!.push(await timed(() => call(inputs, kernel, pass)));
    for (const kernel of kernels) {
      const all = taken.get(kernel)!;
      // Once left out, the longer ones are as well.
      last.set(`${kernel} ${pass}`, all.length > 0 ? median(all) : Number.POSITIVE_INFINITY);
      times.push({
        ...{ length, kernel, pass },
        ...(all.length > 0 && { milliseconds: median(all) }),
        ...(bytes.has(kernel) && { bytes: bytes.get(kernel)! }),
      });
    }
  }
  tf.dispose(inputs);
}
const result: AttentionTimes = {
  adapter: session.facts.adapter?.description ?? session.facts.version,
  matmulGflops: await matmulGflops(),
  times,
};
// An open GPU keeps the process alive.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
