/**
 * Evaluates one batch of a model of given sizes on one backend, as an evaluation without a trace does, in a process of its own
 * so that its peak memory is its own. One JSON line.
 *
 *     scale-worker.ts BACKEND ROUNDS TOKENS BATCH LAYERS VOCABULARY
 */
import { policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM, parseConfig, uploadBatch } from '@nanscope/model';
import { scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { median } from './measure.ts';

export interface Scaled {
  /** Median of a batch. */
  readonly milliseconds: number;
  /** What the batches added to the most that the process held once the model was loaded, bytes. */
  readonly bytes: number;
}

const [backendId = 'wasm', ...numbers] = process.argv.slice(2);
const [rounds, T, B, layers, vocabulary] = numbers.map(Number) as [number, number, number, number, number];
await builtinBackend(backendId)!.open();
const model = await loadCausalLM({
  seed: 1,
  config: parseConfig(
    {
      ...{ model_type: 'gpt2', vocab_size: vocabulary, n_positions: T },
      ...{ n_embd: 128, n_layer: layers, n_head: 4 },
    },
    'the model of this bench',
  ),
});
const inputIds = Int32Array.from({ length: B * T }, (_, i) => (i * 7919) % vocabulary);
const attentionMask = new Int32Array(B * T).fill(1);
const positionIds = Int32Array.from({ length: B * T }, (_, i) => i % T);
const supervised = supervisedRows(inputIds, [B, T], vocabulary);

async function evaluate(): Promise<number> {
  const start = performance.now();
  const scores = tf.tidy(() => {
    const device = uploadBatch(model.config, { shape: [B, T], inputIds, attentionMask, positionIds });
    const hidden = model.hidden(device, { implementation: 'sdpa', policy: policies.safe, kernel: 'auto' });
    return { ...scoreRows(model, hidden, supervised) };
  });
  const [losses] = await Promise.all([scores.losses.data(), scores.predictions.data()]);
  tf.dispose([scores.losses, scores.predictions]);
  if (!losses.every(Number.isFinite)) throw new Error(`Error: a loss is not finite on ${backendId}.`);
  return performance.now() - start;
}

const peak = () => process.resourceUsage().maxRSS * 1024;
const loaded = peak();
await evaluate();
const times: number[] = [];
for (let round = 0; round < rounds; round++) times.push(await evaluate());
const result: Scaled = { milliseconds: median(times), bytes: peak() - loaded };
// An open GPU keeps the process alive.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
