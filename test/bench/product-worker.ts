/**
 * Times a product of 1024 x 1024 float32 matrices on WebAssembly, by turns in one process: our kernel, the one that TensorFlow.js
 * registers, and jax-js where it is installed. Answers with one JSON line.
 *
 *     product-worker.ts ROUNDS
 */
import { createRequire } from 'node:module';
import os from 'node:os';
import { builtinBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { median } from './measure.ts';

export interface ProductRate {
  readonly name: string;
  /** Median of the rounds; absent for what is not there, with the reason. */
  readonly gflops?: number;
  readonly why?: string;
}

const SIZE = 1024;
/** Calls before the first that counts: V8 compiles in the meantime. */
const WARM = 10;
const rounds = Number(process.argv[2]);

// The package's kernel as it is before a session replaces it.
createRequire(new URL('../../packages/backend/package.json', import.meta.url))(
  '@tensorflow/tfjs-backend-wasm',
);
const theirs = tf.getKernel('BatchMatMul', 'wasm')!.kernelFunc;
await builtinBackend('wasm').open();
const ours = tf.getKernel('BatchMatMul', 'wasm')!.kernelFunc;

const a = tf.randomUniform([1, SIZE, SIZE], -1, 1, 'float32', 1);
const b = tf.randomUniform([1, SIZE, SIZE], -1, 1, 'float32', 2);

function run(kernel: tf.KernelFunc): void {
  const attrs = { transposeA: false, transposeB: false };
  const info = kernel({ inputs: { a, b }, attrs, backend: tf.backend() }) as tf.TensorInfo;
  tf.engine().makeTensorFromTensorInfo(info).dispose();
}

/** What we use of an array of jax-js; a call takes over its operands. */
interface JaxArray {
  readonly ref: JaxArray;
  blockUntilReady(): Promise<unknown>;
  dispose(): void;
}

interface Jax {
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): void;
  readonly numpy: {
    array(values: Float32Array, options: { shape: number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
}

/** Not a dependency: found where somebody has installed it. */
const JAX = '@jax-js/jax';

async function jaxProduct(): Promise<() => Promise<void>> {
  // It reads the number of cores there, which Node 20 has not.
  if (!('navigator' in globalThis))
    Object.assign(globalThis, { navigator: { hardwareConcurrency: os.availableParallelism() } });
  const jax = (await import(JAX)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const [x, y] = await Promise.all([a, b].map(async (matrix) => (await matrix.data()) as Float32Array));
  const [left, right] = [x!, y!].map((values) => jax.numpy.array(values, { shape: [SIZE, SIZE] }));
  return async () => {
    const product = jax.numpy.matmul(left!.ref, right!.ref);
    await product.blockUntilReady();
    product.dispose();
  };
}

const products = new Map<string, () => Promise<void>>([
  ['nanscope', async () => run(ours)],
  ['TensorFlow.js', async () => run(theirs)],
]);
const rates: ProductRate[] = [];
try {
  products.set('jax-js', await jaxProduct());
} catch (error) {
  const [line] = `${(error as Error).message}`.split('\n');
  rates.push({ name: 'jax-js', why: /Cannot find/.test(line!) ? 'not installed' : line! });
}
const seconds = new Map([...products.keys()].map((name) => [name, [] as number[]]));
for (let round = 0; round < WARM + rounds; round++) {
  for (const [name, product] of products) {
    const start = performance.now();
    await product();
    if (round >= WARM) seconds.get(name)!.push((performance.now() - start) / 1000);
  }
}
for (const [name, all] of seconds) rates.push({ name, gflops: (2 * SIZE ** 3) / median(all) / 1e9 });
process.stdout.write(`${JSON.stringify(rates)}\n`, () => process.exit(0));
