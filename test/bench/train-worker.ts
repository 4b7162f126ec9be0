/**
 * Measures training on one backend in a process of its own: blocks of steps of the product's loop and of a plain tfjs
 * composition in turn, so that a busy machine slows both alike. Answers with one JSON line.
 *
 *     train-worker.ts BACKEND LAYERS WIDTH HEADS VOCABULARY BATCH LENGTH ROUNDS MODE[,MODE...]
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM, parseConfig } from '@nanscope/model';
import {
  AdamW,
  atTheStart,
  type LabelledBatch,
  type StepReport,
  type TrainHooks,
  type Training,
  train,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { garbageCollector } from './garbage.ts';
import { plainLoss } from './plain-gpt2.ts';

export type TrainMode = 'nanscope' | 'plain';

export interface TrainMeasured {
  /** Seconds of single steps, by mode. */
  readonly seconds: Readonly<Record<TrainMode, number[]>>;
  /** Whole process, bytes. */
  readonly peakBytes: number;
  /** Tensors held after the last step over those after the first. */
  readonly tensorsGrown: number;
  /** Resident bytes that the second half of the steps added. */
  readonly residentGrown: number;
  readonly lastLoss: number;
}

/** Steps of one mode before the other has its turn. */
const BLOCK = 4;

const [backendId, ...words] = process.argv.slice(2) as [string, ...string[]];
const [layers, width, heads, vocabulary, B, T, rounds] = words.slice(0, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
const modes = words[7]!.split(',') as TrainMode[];

await builtinBackend(backendId)!.open();
const shape = { vocab_size: vocabulary, n_positions: T, n_embd: width, n_layer: layers, n_head: heads };
const model = await loadCausalLM({ config: parseConfig(shape, 'bench'), seed: 1 });

/** A text in which each token follows from the one before. */
function batchOf(rows: readonly number[]): LabelledBatch {
  const ids = rows.flatMap((row) => Array.from({ length: T }, (_, t) => (row * 31 + t * 7) % vocabulary));
  return {
    shape: [rows.length, T],
    inputIds: ids,
    attentionMask: ids.map(() => 1),
    positionIds: ids.map((_, at) => at % T),
    labels: ids,
  };
}

const settings: Training['settings'] = {
  implementation: 'sdpa',
  kernel: 'auto',
  policy: policies.safe,
  batchSize: B,
  accumulate: 1,
  steps: BLOCK,
  learningRate: 1e-3,
  schedule: { name: 'constant', totalSteps: 1e6, warmupSteps: 0 },
  clip: 1,
  dropout: 0,
  seed: 1,
  evalEvery: 0,
  saveEvery: 0,
  onNonFinite: 'stop',
};
const run: Training = {
  model,
  optimizer: new AdamW(model.parameters),
  training: { length: 1024, batch: batchOf },
  settings,
};

const reports: StepReport[] = [];
const tensors: number[] = [];
const hooks: TrainHooks = {
  onStep(report) {
    reports.push(report);
    tensors.push(tf.memory().numTensors);
  },
  onValidation() {},
  async onNonFinite({ reason }) {
    throw new Error(`The benchmark's step is not finite: ${reason}`);
  },
  async save() {},
  stopWanted: () => false,
};

let progress = atTheStart;
async function nanscopeBlock(): Promise<number[]> {
  const from = reports.length;
  const steps = progress.step + BLOCK;
  ({ progress } = await train({ ...run, settings: { ...settings, steps } }, hooks, progress));
  return reports.slice(from).map(({ seconds }) => seconds);
}

const plainOptimizer = tf.train.adam(1e-3);
async function plainBlock(): Promise<number[]> {
  const seconds: number[] = [];
  for (let step = 0; step < BLOCK; step++) {
    const began = performance.now();
    const ids = Array.from(batchOf(Array.from({ length: B }, (_, row) => row)).inputIds);
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => plainLoss(model, tf.tensor2d(ids, [B, T], 'int32')));
      plainOptimizer.applyGradients(grads as tf.NamedTensorMap & Record<string, tf.Variable>);
      return value;
    });
    await loss.data();
    loss.dispose();
    seconds.push((performance.now() - began) / 1000);
  }
  return seconds;
}

const blocks = { nanscope: nanscopeBlock, plain: plainBlock };
const collectGarbage = garbageCollector();
const seconds: Record<TrainMode, number[]> = { nanscope: [], plain: [] };
for (const mode of modes) await blocks[mode]();
let half = 0;
for (let round = 0; round < rounds; round++) {
  if (round === rounds >> 1) {
    collectGarbage();
    half = process.memoryUsage.rss();
  }
  for (const mode of modes) seconds[mode].push(...(await blocks[mode]()));
}
collectGarbage();
const measured: TrainMeasured = {
  seconds,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  tensorsGrown: (tensors.at(-1) ?? 0) - (tensors[0] ?? 0),
  residentGrown: process.memoryUsage.rss() - half,
  lastLoss: reports.at(-1)?.loss ?? Number.NaN,
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
