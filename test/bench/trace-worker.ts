/**
 * Measures the levels of tracing on one backend in a process of its own, with the tracers of the product. Levels take
 * turns, block after block, so that a busy machine slows all of them alike. Answers with one JSON line.
 *
 *     trace-worker.ts BACKEND eval|train LAYERS WIDTH HEADS VOCABULARY BATCH LENGTH ROUNDS
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import type { TraceLevel } from '@nanscope/cascade';
import { loadCausalLM, parseConfig } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { evaluationSteps, type Steps, trainingSteps } from './trace-steps.ts';

export const levels = ['off', 'gate', 'health', 'full'] as const satisfies readonly TraceLevel[];

export interface TraceMeasured {
  /** Rows of the embedding matrix: the number asked for, or as many as one binding of the device holds. */
  readonly vocabulary: number;
  readonly milliseconds: Readonly<Record<TraceLevel, number[]>>;
  /** Processor time of this process: what another process does weighs less on it. */
  readonly processorMilliseconds: Readonly<Record<TraceLevel, number[]>>;
  /** Health bytes that crossed from the device in the last step of a block. */
  readonly bytesRead: Readonly<Record<TraceLevel, number>>;
  readonly ops: Readonly<Record<TraceLevel, number>>;
  /** Kernels registered under the traced name, and kernels of the backend itself that are other functions than before. */
  readonly wrapped: Readonly<Record<TraceLevel, number>>;
  /** Whether the last loss of a block has the bits of that at level `off`. */
  readonly sameBits: Readonly<Record<TraceLevel, boolean>>;
}

/** Steps of one level that are timed before the next has its turn; one more comes before them, in which weights are counted. */
const BLOCK = 2;

const [backendId, kind, ...numbers] = process.argv.slice(2) as [string, 'eval' | 'train', ...string[]];
const [layers, width, heads, wanted, B, T, rounds] = numbers.map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

const session = await builtinBackend(backendId)!.open();

/** A GPU binds buffers up to a limit, and the embedding matrix is one. */
function vocabularyThatFits(): number {
  const { device } = tf.backend() as { device?: GPUDevice };
  const limit = device?.limits.maxStorageBufferBindingSize ?? Number.POSITIVE_INFINITY;
  return Math.min(wanted, Math.floor(limit / (4 * width)));
}

const vocabulary = vocabularyThatFits();
const shape = { vocab_size: vocabulary, n_positions: T, n_embd: width, n_layer: layers, n_head: heads };
const model = await loadCausalLM({ config: parseConfig(shape, 'bench'), seed: 1 });
const steps: Steps = (kind === 'eval' ? evaluationSteps : trainingSteps)({
  session,
  model,
  policy: policies.safe,
  batch: B,
  length: T,
});

const functions = () =>
  new Map(
    tf.getKernelsForBackend(session.tfjsName).map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]),
  );
const before = functions();

/** Kernels that are not, or not only, the backend's own. */
function wrappedNow(): number {
  const now = functions();
  const changed = [...before].filter(([name, own]) => now.get(name) !== own).length;
  return changed + tf.getKernelsForBackend(`${session.tfjsName}-traced`).length;
}

const of = <T>(make: (level: TraceLevel) => T) =>
  Object.fromEntries(levels.map((level) => [level, make(level)])) as Record<TraceLevel, T>;
const milliseconds = of((): number[] => []);
const processorMilliseconds = of((): number[] => []);
const bytesRead = of(() => 0);
const ops = of(() => 0);
const wrapped = of(() => 0);
const lastLoss = of((): Float32Array => new Float32Array());

async function block(level: TraceLevel, timed: number): Promise<void> {
  const taken = await steps.open(level);
  try {
    await taken.step();
    wrapped[level] = wrappedNow();
    for (let i = 0; i < timed; i++) {
      const began = performance.now();
      const used = process.cpuUsage();
      lastLoss[level] = await taken.step();
      milliseconds[level].push(performance.now() - began);
      const { user, system } = process.cpuUsage(used);
      processorMilliseconds[level].push((user + system) / 1000);
    }
    ({ bytesRead: bytesRead[level], ops: ops[level] } = taken.last());
  } finally {
    await taken.close();
  }
}

await block('off', 0);
for (let round = 0; round < rounds; round++) for (const level of levels) await block(level, BLOCK);

const bits = (values: Float32Array) =>
  new Uint32Array(values.buffer, values.byteOffset, values.length).join();
const measured: TraceMeasured = {
  vocabulary,
  milliseconds,
  processorMilliseconds,
  bytesRead,
  ops,
  wrapped,
  sameBits: of((level) => bits(lastLoss[level]) === bits(lastLoss.off)),
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
