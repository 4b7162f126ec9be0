/**
 * Times our WebGPU matrix product against the one TensorFlow.js registers, both in one process and by turns, so that
 * their ratio holds on a busy machine. The other one is wrong about NaN across a batch; see `webgpu/mat-mul`.
 *
 *     pnpm exec tsx --conditions=@nanscope/source test/bench/webgpu-matmul.ts [rounds]
 */
import { createRequire } from 'node:module';
import { builtinBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

interface Case {
  readonly name: string;
  readonly a: number[];
  readonly b: number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const cases: readonly Case[] = [
  { name: 'mlp', a: [512, 768], b: [768, 3072] },
  { name: 'scores', a: [48, 128, 64], b: [48, 128, 64], transposeB: true },
  { name: 'context', a: [48, 128, 128], b: [48, 128, 64] },
  // GPT-2's 50257 words are more than a software device binds at once.
  { name: 'lm_head', a: [256, 768], b: [40000, 768], transposeB: true },
  { name: 'weight gradient', a: [512, 768], b: [512, 3072], transposeA: true },
  { name: 'odd sizes', a: [12, 92, 92], b: [12, 92, 63] },
  { name: '8 rows', a: [8, 64], b: [64, 256] },
  { name: 'step, mlp', a: [4, 768], b: [768, 3072] },
  { name: 'step, lm_head', a: [1, 768], b: [40000, 768], transposeB: true },
  { name: 'step, scores', a: [48, 1, 64], b: [48, 128, 64], transposeB: true },
];

const rounds = Number(process.argv[2] ?? 5);
const only = process.argv[3];

// The package's kernels as they are before a session corrects them.
createRequire(new URL('../../packages/backend/package.json', import.meta.url))(
  '@tensorflow/tfjs-backend-webgpu',
);
const theirs = tf.getKernel('BatchMatMul', 'webgpu')!.kernelFunc;
const session = await builtinBackend('webgpu').open();
const ours = tf.getKernel('BatchMatMul', 'webgpu')!.kernelFunc;
const backend = tf.backend();

const random = (shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', 1);

/** Milliseconds per call; the read of one element waits for the device. */
async function time(
  kernel: tf.KernelFunc,
  { a, b, transposeA, transposeB }: Case,
  inputs: tf.Tensor[],
  calls: number,
) {
  const start = performance.now();
  let size = 0;
  for (let i = 0; i < calls; i++) {
    const attrs = { transposeA: transposeA === true, transposeB: transposeB === true };
    const info = kernel({ inputs: { a: inputs[0]!, b: inputs[1]! }, attrs, backend }) as tf.TensorInfo;
    const out = tf.engine().makeTensorFromTensorInfo(info);
    size = out.size;
    if (i === calls - 1) {
      const first = out.flatten().slice(0, 1);
      await first.data();
      first.dispose();
    }
    out.dispose();
  }
  const inner = transposeA ? a.at(-2)! : a.at(-1)!;
  return { milliseconds: (performance.now() - start) / calls, work: 2 * size * inner, b };
}

const median = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1]!;

process.stdout.write(`${session.facts.adapter?.description}, ${rounds} rounds by turns, medians\n\n`);
process.stdout.write('| product | ours ms | GFLOP/s | tfjs ms | ratio |\n|---|--:|--:|--:|--:|\n');
for (const item of cases.filter(({ name }) => !only || name.includes(only))) {
  const inputs = [random(item.a), random(item.b)];
  const { work, milliseconds } = await time(ours, item, inputs, 1);
  await time(theirs, item, inputs, 1);
  const calls = Math.max(1, Math.min(20, Math.round(2e8 / work)));
  const mine: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < (milliseconds > 3000 ? Math.min(3, rounds) : rounds); round++) {
    mine.push((await time(ours, item, inputs, calls)).milliseconds);
    other.push((await time(theirs, item, inputs, calls)).milliseconds);
  }
  const [m, o] = [median(mine), median(other)];
  const layout = `${item.name}: [${item.a}]${item.transposeA ? 'ᵀ' : ''} x [${item.b}]${item.transposeB ? 'ᵀ' : ''}`;
  process.stdout.write(
    `| ${layout} | ${m.toFixed(2)} | ${(work / m / 1e6).toFixed(1)} | ${o.toFixed(2)} | ${(o / m).toFixed(2)} |\n`,
  );
  tf.dispose(inputs);
}
await session.dispose();
process.exit(0);
