/**
 * Splits the time of a step over the kernels of one backend, in a process of its own. A kernel that calls others counts what it
 * does itself. On the CPU backends alone: a GPU only notes down its work, and does it later. Answers with one JSON line.
 *
 *     where-worker.ts BACKEND eval|train LAYERS WIDTH HEADS VOCABULARY BATCH LENGTH ROUNDS
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM, parseConfig } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { median } from './measure.ts';
import { evaluationSteps, trainingSteps } from './trace-steps.ts';

export interface KernelTime {
  readonly kernel: string;
  /** A step. */
  readonly calls: number;
  readonly milliseconds: number;
  /** Operations of products; 0 for every other kernel. */
  readonly operations: number;
}

export interface WhereMeasured {
  /** Time of a step that nobody looks into. */
  readonly milliseconds: number;
  /** Time of it with attention composed, and traced at `health`, by turns with the one that nobody looks into. */
  readonly composedMilliseconds: number;
  readonly healthMilliseconds: number;
  /** Processor time of it, all threads together. */
  readonly processorMilliseconds: number;
  /** Time of a step with a clock at every kernel. */
  readonly clockedMilliseconds: number;
  readonly kernels: readonly KernelTime[];
  /** Speed of a product of 1024 x 1024 matrices, after the steps: before them V8 has not compiled the kernel for speed yet. */
  readonly productGflops: number;
  /** Time of a sum of two numbers: what a kernel call costs that computes almost nothing. */
  readonly callMicroseconds: number;
  /** Ops of native TensorFlow in a step; 0 on other backends. */
  readonly nativeOps: number;
}

const [backendId, kind, ...numbers] = process.argv.slice(2) as [string, 'eval' | 'train', ...string[]];
const [layers, width, heads, vocabulary, batch, length, rounds] = numbers.map(Number) as [
  ...[number, number, number, number],
  ...[number, number, number],
];

const session = await builtinBackend(backendId)!.open();
const shape = {
  ...{ vocab_size: vocabulary, n_positions: length },
  ...{ n_embd: width, n_layer: layers, n_head: heads },
};
const model = await loadCausalLM({ config: parseConfig(shape, 'bench'), seed: 1 });
const steps = kind === 'eval' ? evaluationSteps : trainingSteps;
const opened = steps({ session, model, policy: policies.safe, batch, length });
const { step } = await opened.open('off');

async function timed(work: () => Promise<unknown>): Promise<[wall: number, processor: number]> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return [wall, (user + system) / 1000];
}

/** Multiplications and additions of a product, from the shapes of its inputs. */
function operationsOf(
  { kernelName }: tf.KernelConfig,
  { inputs, attrs }: Parameters<tf.KernelFunc>[0],
): number {
  if (kernelName !== 'BatchMatMul' && kernelName !== '_FusedMatMul') return 0;
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const many = Math.max(
    1,
    tf.util.sizeFromShape(b.shape) /
      tf.util.sizeFromShape(a.shape) /
      (columns / a.shape.at(transposeA ? -1 : -2)!),
  );
  return 2 * tf.util.sizeFromShape(a.shape) * columns * many;
}

const totals = new Map<string, { calls: number; milliseconds: number; operations: number }>();

/** Puts a clock at every kernel of the backend. */
function clockKernels(): void {
  const inside: number[] = [];
  for (const kernel of tf.getKernelsForBackend(session.tfjsName)) {
    tf.unregisterKernel(kernel.kernelName, session.tfjsName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        const start = performance.now();
        inside.push(0);
        const output = kernel.kernelFunc(call);
        const taken = performance.now() - start;
        const others = inside.pop()!;
        if (inside.length > 0) inside[inside.length - 1]! += taken;
        const total = totals.get(kernel.kernelName) ?? { calls: 0, milliseconds: 0, operations: 0 };
        totals.set(kernel.kernelName, {
          calls: total.calls + 1,
          milliseconds: total.milliseconds + taken - others,
          operations: total.operations + operationsOf(kernel, call),
        });
        return output;
      },
    });
  }
}

/** Counts what goes to native TensorFlow. */
function countNativeOps(): () => number {
  let count = 0;
  const backend = tf.backend() as unknown as Record<string, ((...call: unknown[]) => unknown) | undefined>;
  for (const name of ['executeSingleOutput', 'executeMultipleOutputs']) {
    const execute = backend[name];
    if (!execute) continue;
    backend[name] = (...call) => {
      count++;
      return execute.apply(backend, call);
    };
  }
  return () => count;
}

async function callMicroseconds(): Promise<number> {
  const calls = 1000;
  const [a, b] = [tf.scalar(1), tf.scalar(2)];
  const walls: number[] = [];
  for (let round = 0; round < 5; round++) {
    const [wall] = await timed(async () => {
      for (let call = 0; call < calls; call++) tf.add(a, b).dispose();
    });
    walls.push(wall);
  }
  tf.dispose([a, b]);
  return (1000 * median(walls)) / calls;
}

/** Products before the first that counts. */
const WARM = 10;

async function productGflops(): Promise<number> {
  const size = 1024;
  const a = tf.randomUniform([size, size], -1, 1, 'float32', 1);
  const walls: number[] = [];
  for (let i = 0; i < WARM + Math.max(rounds, 5); i++) {
    const [wall] = await timed(async () => {
      const product = tf.matMul(a, a);
      await product.data();
      product.dispose();
    });
    if (i >= WARM) walls.push(wall);
  }
  a.dispose();
  return (2 * size ** 3) / median(walls) / 1e6;
}

await step();
const call = await callMicroseconds();
const plain: [number, number][] = [];
const composed: number[] = [];
const health: number[] = [];
const others = { composed: await opened.open('off', true), health: await opened.open('health') };
await others.composed.step();
await others.health.step();
for (let round = 0; round < rounds; round++) {
  plain.push(await timed(step));
  composed.push((await timed(others.composed.step))[0]);
  health.push((await timed(others.health.step))[0]);
}
await others.health.close();
const gflops = await productGflops();
const counted = countNativeOps();
await step();
const nativeOps = counted();
clockKernels();
await step();
totals.clear();
const clocked: number[] = [];
for (let round = 0; round < rounds; round++) clocked.push((await timed(step))[0]);

const measured: WhereMeasured = {
  milliseconds: median(plain.map(([wall]) => wall)),
  composedMilliseconds: median(composed),
  healthMilliseconds: median(health),
  processorMilliseconds: median(plain.map(([, processor]) => processor)),
  clockedMilliseconds: clocked.reduce((sum, wall) => sum + wall, 0) / rounds,
  kernels: [...totals]
    .map(([kernel, { calls, milliseconds, operations }]) => ({
      ...{
        kernel,
        calls: calls / rounds,
        milliseconds: milliseconds / rounds,
        operations: operations / rounds,
      },
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds),
  productGflops: gflops,
  callMicroseconds: call,
  nativeOps,
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
