/**
 * Times GPT-2's forward pass and loss on one backend, without lanes, files or tracing: the figure to work on when
 * the model itself is to become faster. `--profile` splits the time over tfjs kernels (native ops run as they are called).
 *
 *     pnpm exec tsx --conditions=@nanscope/source test/bench/forward.ts [backend] [preset] [eager|sdpa] [--profile]
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM, uploadBatch } from '@nanscope/model';
import { scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const [backendId = 'tensorflow', preset = 'gpt2', implementation = 'sdpa'] = words;
const batches = 6;
const shape = [4, 128] as const;
const size = shape[0] * shape[1];

const session = await builtinBackend(backendId)!.open();
const started = performance.now();
const model = await loadCausalLM({ preset, seed: 1 });
process.stdout.write(
  `${backendId} ${preset} ${implementation}: weights in ${((performance.now() - started) / 1000).toFixed(2)} s\n`,
);

const inputIds = Int32Array.from({ length: size }, (_, i) => (i * 7919) % model.config.vocabulary);
const attentionMask = new Int32Array(size).fill(1);
for (let row = 0; row < shape[0]; row++) attentionMask.fill(0, row * shape[1], row * shape[1] + row * 8);
const positionIds = Int32Array.from({ length: size }, (_, i) => i % shape[1]);
const supervised = supervisedRows(inputIds, shape, model.config.vocabulary);

async function once(): Promise<number> {
  const batch = uploadBatch(model.config, { shape, inputIds, attentionMask, positionIds });
  const scores = tf.tidy(() => {
    const hidden = model.hidden(batch, {
      implementation: implementation as 'eager' | 'sdpa',
      policy: policies.safe,
    });
    return { ...scoreRows(model, hidden, supervised) };
  });
  const losses = await scores.losses.data();
  await scores.predictions.data();
  tf.dispose([scores.losses, scores.predictions, { ...batch }]);
  return Array.from(losses).reduce((sum, loss) => sum + loss, 0) / losses.length;
}

await once();
const before = tf.memory().numTensors;
const times: number[] = [];
const used = process.cpuUsage();
let loss = 0;
for (let i = 0; i < batches; i++) {
  const start = performance.now();
  loss = await once();
  times.push(performance.now() - start);
}
const { user, system } = process.cpuUsage(used);
times.sort((a, b) => a - b);
const rate = (milliseconds: number) => Math.round((1000 * size) / milliseconds);
process.stdout.write(
  `loss ${loss}; ${rate(times[times.length >> 1]!)} tokens/s (median of ${batches}), best ${rate(times[0]!)}; processor ${Math.round((user + system) / 1000 / batches)} ms a batch; tensors +${tf.memory().numTensors - before}; resident ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB\n`,
);

if (process.argv.includes('--profile')) {
  const profile = new Map<string, { count: number; time: number }>();
  const nested: number[] = [];
  for (const kernel of tf.getKernelsForBackend(session.tfjsName)) {
    tf.unregisterKernel(kernel.kernelName, session.tfjsName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (parameters) => {
        const start = performance.now();
        nested.push(0);
        const output = kernel.kernelFunc(parameters);
        const time = performance.now() - start;
        const inner = nested.pop()!;
        if (nested.length > 0) nested[nested.length - 1]! += time;
        const entry = profile.get(kernel.kernelName) ?? { count: 0, time: 0 };
        profile.set(kernel.kernelName, { count: entry.count + 1, time: entry.time + time - inner });
        return output;
      },
    });
  }
  const start = performance.now();
  await once();
  process.stdout.write(`profiled run ${Math.round(performance.now() - start)} ms\n`);
  for (const [name, { count, time }] of [...profile].sort(([, a], [, b]) => b.time - a.time)) {
    process.stdout.write(
      `${name.padEnd(24)} ${String(count).padStart(5)} ${time.toFixed(1).padStart(9)} ms\n`,
    );
  }
}
model.dispose();
await session.dispose();
process.exit(0);
