/**
 * `pnpm bench train`: time and memory of a training step - forward, backward, clipping, AdamW - on a small GPT-2 of
 * bytes, as ratios to a plain tfjs composition and, where Python has torch, to PyTorch eager on the same cores.
 */
import {
  type BenchOptions,
  machine,
  mebibytes,
  median,
  tableRow,
  times,
  torchTimes,
  work,
} from './measure.ts';
import type { TrainMeasured, TrainMode } from './train-worker.ts';

const [LAYERS, WIDTH, HEADS, VOCABULARY, BATCH, LENGTH] = [4, 256, 4, 258, 4, 256];
const SHAPE = [LAYERS, WIDTH, HEADS, VOCABULARY, BATCH, LENGTH];
/** Steps over which memory must not grow: 50 rounds of 4. */
const LONG_ROUNDS = 50;
const LONG_STEPS = 200;

const measure = (
  backend: string,
  { environment }: BenchOptions,
  rounds: number,
  modes: readonly TrainMode[],
) => work<TrainMeasured>('./train-worker.ts', [backend, ...SHAPE, rounds, modes.join(',')], environment);

const torch = (rounds: number) => torchTimes('./pytorch_train.py', [...SHAPE, rounds]);

async function row(backend: string, options: BenchOptions): Promise<string> {
  const before = await torch(4 * options.rounds);
  const timed = await measure(backend, options, options.rounds, ['nanscope', 'plain']);
  const after = await torch(4 * options.rounds);
  const step = median(timed.seconds.nanscope);
  const torchStep = before && after && median([...before.seconds, ...after.seconds]);
  const peaks: string[] = [];
  for (const mode of ['nanscope', 'plain'] as const) {
    peaks.push(mebibytes((await measure(backend, options, 2, [mode])).peakBytes));
  }
  const long = await measure(backend, options, LONG_ROUNDS, ['nanscope']);
  return tableRow([
    backend,
    `${(1000 * step).toFixed(0)} ms`,
    ((BATCH! * LENGTH!) / step).toFixed(0),
    times(median(timed.seconds.plain) / step),
    torchStep === undefined
      ? 'no torch'
      : `${times(torchStep / step)} of ${((BATCH! * LENGTH!) / torchStep).toFixed(0)}`,
    peaks.join(' / '),
    `${long.tensorsGrown} tensors, ${mebibytes(long.residentGrown)} MiB`,
  ]);
}

export async function trainBench(options: BenchOptions): Promise<string> {
  const lines = [
    `${machine()}. ${LAYERS} layers, width ${WIDTH}, ${HEADS} heads, ${VOCABULARY} tokens, batch ${BATCH} x ${LENGTH}, sdpa, policy safe, AdamW, clipped; medians of ${4 * options.rounds} steps, in turn.`,
    '',
    `| backend | step | tokens/s | plain tfjs / nanscope | of PyTorch's tokens/s | peak MiB nanscope / plain | grown in ${LONG_STEPS} steps |`,
    '|---|---|---|---|---|---|---|',
  ];
  for (const backend of options.backends) {
    options.say(`measuring ${backend}`);
    lines.push(await row(backend, options).catch((error: Error) => tableRow([backend, error.message])));
  }
  return lines.join('\n');
}
