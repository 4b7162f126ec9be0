/**
 * `pnpm bench eval`: speed of evaluation on a preset's shape, batch 4 x 128, random weights. Every figure is a ratio
 * taken in one run: tracing levels against tracing off, everything against a plain tfjs composition and, where Python
 * has torch, against PyTorch eager on the same cores.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { presetConfig } from '@nanscope/model';
import type { Measured, Mode } from './eval-worker.ts';
import {
  type BenchOptions,
  machine,
  mebibytes,
  median,
  type TorchTimes,
  tableRow,
  times,
  torchTimes,
  work,
} from './measure.ts';

const BATCH = 4;
const LENGTH = 128;
const TOKENS = BATCH * LENGTH;
/** The composition from plain tfjs ops is of GPT-2. */
const modesOf = (preset: string): readonly Mode[] =>
  presetConfig(preset).modelType === 'gpt2' ? ['off', 'gate', 'health', 'plain'] : ['off', 'gate', 'health'];
/** Batches over which memory must not grow: as many as a minute has, within these bounds. */
const LONG = { least: 10, most: 100, milliseconds: 60_000 } as const;

const measure = (
  backend: string,
  { preset, environment }: BenchOptions,
  rounds: number,
  modes: readonly Mode[],
) =>
  work<Measured>('./eval-worker.ts', [backend, preset, BATCH, LENGTH, rounds, modes.join(',')], environment);

/** Seconds from the start of the command to the first line of a lane's progress. */
function startup(backend: string): Promise<number> {
  const device = { webgpu: 'gpu', cpu: 'javascript' }[backend] ?? backend;
  const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
  const out = `runs/bench-${process.pid}-${backend}`;
  const flags = ['--device', device, '--reference', 'none', '--limit', '8', '--out', out];
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [...process.execArgv, main, 'eval', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    let seconds: number | undefined;
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (/batches/.test(text)) seconds ??= (performance.now() - began) / 1000;
    });
    child.on('close', () => {
      rmSync(out, { recursive: true, force: true });
      if (seconds === undefined) reject(new Error(`eval on ${backend} showed no progress: ${text}`));
      else resolve(seconds);
    });
  });
}

/** PyTorch before and after a backend: what a busy machine takes from one it takes from the other. */
async function torch({ preset, rounds }: BenchOptions): Promise<TorchTimes | undefined> {
  const { layers, width, heads, vocabulary, json, modelType } = presetConfig(preset);
  const gpt2 = { n_layer: layers, n_embd: width, n_head: heads, vocab_size: vocabulary };
  const config = modelType === 'gpt2' ? gpt2 : json;
  return torchTimes('./pytorch_forward.py', [JSON.stringify(config), BATCH, LENGTH, rounds]);
}

async function row(backend: string, options: BenchOptions): Promise<string> {
  const before = await torch(options);
  const modes = modesOf(options.preset);
  const timed = await measure(backend, options, options.rounds, modes);
  const after = await torch(options);
  const milliseconds = (mode: Mode) => median(timed.milliseconds[mode]!);
  const ratio = (mode: Mode) =>
    modes.includes(mode) ? times(milliseconds(mode) / milliseconds('off')) : '-';
  const speed = (1000 * TOKENS) / milliseconds('off');
  const peaks: string[] = [];
  for (const mode of ['off', 'health', 'plain'] as const) {
    if (!modes.includes(mode)) continue;
    peaks.push(mebibytes((await measure(backend, options, 1, [mode])).peakBytes));
  }
  const batches = Math.min(
    LONG.most,
    Math.max(LONG.least, Math.round(LONG.milliseconds / milliseconds('off'))),
  );
  const long = await measure(backend, options, batches, ['off']);
  const torchSpeed = before && after && TOKENS / median([...before.seconds, ...after.seconds]);
  return tableRow([
    backend,
    speed.toFixed(0),
    ...(['gate', 'health', 'plain'] as const).map(ratio),
    torchSpeed === undefined ? 'no torch' : `${times(speed / torchSpeed)} of ${torchSpeed.toFixed(0)}`,
    peaks.join(' / '),
    `${long.tensorsGrown} tensors, ${mebibytes(long.residentGrown)} MiB in ${batches}`,
    `${(await startup(backend)).toFixed(1)} s`,
  ]);
}

export async function evalBench(options: BenchOptions): Promise<string> {
  const lines = [
    `${machine()}. ${options.preset}, batch ${BATCH} x ${LENGTH}, random weights, sdpa, policy safe; medians of ${options.rounds} rounds, modes in turn.`,
    '',
    `| backend | tokens/s | gate / off | health / off | plain tfjs / off | of PyTorch's tokens/s | peak MiB off / health / plain | grown in so many batches | start to first progress |`,
    '|---|---|---|---|---|---|---|---|---|',
  ];
  for (const backend of options.backends) {
    options.say(`measuring ${backend}`);
    lines.push(await row(backend, options).catch((error: Error) => tableRow([backend, error.message])));
  }
  return lines.join('\n');
}
