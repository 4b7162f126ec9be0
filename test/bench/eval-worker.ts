/**
 * Measures one backend in a process of its own: the modes are run in turn, round after round, so that a busy
 * machine slows all of them alike. Answers with one JSON line: milliseconds by mode, and the peak memory.
 *
 *     eval-worker.ts BACKEND PRESET BATCH LENGTH ROUNDS MODE[,MODE...]
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { type CausalLM, loadCausalLM, uploadBatch } from '@nanscope/model';
import { type RunPhase, scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { garbageCollector } from './garbage.ts';
import { plainLoss } from './plain-gpt2.ts';
import { evaluationSteps, type OpenLevel } from './trace-steps.ts';

export type Mode = 'off' | 'gate' | 'health' | 'plain';

export interface Measured {
  /** Milliseconds a batch, by mode, in the order of the rounds. */
  readonly milliseconds: Readonly<Record<string, number[]>>;
  /** Whole process, bytes. */
  readonly peakBytes: number;
  /** Tensors that the rounds left behind. */
  readonly tensorsGrown: number;
  /** Resident bytes that the second half of the rounds added, after a collection of garbage at both ends. */
  readonly residentGrown: number;
  readonly bytesRead: number;
}

const [backendId, preset, batch, length, rounds, modes] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const [B, T] = [Number(batch), Number(length)];

const session = await builtinBackend(backendId)!.open();
const model: CausalLM = await loadCausalLM({ preset, seed: 1 });
const inputIds = Int32Array.from({ length: B * T }, (_, i) => (i * 7919) % model.config.vocabulary);
const attentionMask = new Int32Array(B * T).fill(1);
const positionIds = Int32Array.from({ length: B * T }, (_, i) => i % T);
const supervised = supervisedRows(inputIds, [B, T], model.config.vocabulary);

/** What computes sdpa is what `--sdpa-kernel auto` comes to. */
async function evaluate(phase: RunPhase): Promise<Float32Array> {
  const scores = tf.tidy(() => {
    const device = uploadBatch(model.config, { shape: [B, T], inputIds, attentionMask, positionIds });
    const hidden = phase('forward', () =>
      model.hidden(device, { implementation: 'sdpa', policy: policies.safe, kernel: 'auto' }),
    );
    return { ...scoreRows(model, hidden, supervised, phase) };
  });
  const [losses] = await Promise.all([scores.losses.data(), scores.predictions.data()]);
  tf.dispose([scores.losses, scores.predictions]);
  return losses as Float32Array;
}

async function plain(): Promise<void> {
  const loss = tf.tidy(() => plainLoss(model, tf.tensor2d(inputIds, [B, T], 'int32')));
  await loss.data();
  loss.dispose();
}

/** As a lane does it: one trace for all batches, each judged and written down. */
let health: OpenLevel | undefined;

async function once(mode: Mode): Promise<void> {
  if (mode === 'plain') return plain();
  if (mode === 'off') return void (await evaluate((_, work) => work()));
  if (mode === 'gate') {
    const losses = await evaluate((_, work) => work());
    if (!losses.every(Number.isFinite)) throw new Error('The benchmark batch is not finite.');
    return;
  }
  health ??= await evaluationSteps({ session, model, policy: policies.safe, batch: B, length: T }).open(
    'health',
  );
  await health.step();
}

const wanted = modes.split(',') as Mode[];
for (const mode of wanted) await once(mode);
const before = tf.memory().numTensors;
const milliseconds: Record<string, number[]> = Object.fromEntries(wanted.map((mode) => [mode, []]));
const collectGarbage = garbageCollector();
let half = 0;
for (let round = 0; round < Number(rounds); round++) {
  if (round === Number(rounds) >> 1) {
    collectGarbage();
    half = process.memoryUsage.rss();
  }
  for (const mode of wanted) {
    const start = performance.now();
    await once(mode);
    milliseconds[mode]!.push(performance.now() - start);
  }
}
collectGarbage();
const measured: Measured = {
  milliseconds,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  tensorsGrown: tf.memory().numTensors - before,
  residentGrown: process.memoryUsage.rss() - half,
  bytesRead: health?.last().bytesRead ?? 0,
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
